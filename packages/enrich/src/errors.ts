// The one error type of this package.

export type InventoryErrorCode = 'bad_inventory';

export class InventoryError extends Error {
  override readonly name = 'InventoryError';
  readonly code: InventoryErrorCode;
  /** One line a mistake, each beginning with the path of what is wrong: `pods[3].addresses[0]: …`. */
  readonly mistakes: readonly string[];

  constructor(code: InventoryErrorCode, mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.code = code;
    this.mistakes = mistakes;
  }
}
