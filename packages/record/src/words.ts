// 64-bit values in columns: two words a row, low first. Numbers up to 2^53 go in and out exactly.

const WORD = 4294967296;

/** Writes a whole number of at most 2^53 - 1 (bytes, milliseconds since 1970) to row `row` of a 64-bit column. */
export function setNumber(column: Uint32Array, row: number, value: number): void {
  column[row * 2] = value >>> 0;
  column[row * 2 + 1] = (value / WORD) >>> 0;
}

/** The value at `row` as a number: exact to 2^53, rounded above. */
export function getNumber(column: Uint32Array, row: number): number {
  return column[row * 2 + 1] * WORD + column[row * 2];
}

/** The value at `row`, exact. For output only: BigInt allocates. */
export function getBigInt(column: Uint32Array, row: number): bigint {
  return (BigInt(column[row * 2 + 1]) << 32n) | BigInt(column[row * 2]);
}
