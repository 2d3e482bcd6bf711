// Bound parameters: every value of a query travels beside the SQL, never inside it.

export type ParamValue = string | number | bigint | readonly string[] | readonly bigint[];

/** Parameters of one statement, by name: p0, p1, … */
export class Params {
  readonly values: Record<string, ParamValue> = {};
  readonly #placeholders = new Map<string, string>();

  /** The placeholder of a value. The same value of the same type is bound once. */
  add(type: string, value: ParamValue): string {
    const identity = `${type} ${typeof value === 'object' ? value.map(String).join('\u0000') : String(value)}`;
    const known = this.#placeholders.get(identity);
    if (known !== undefined) return known;
    const name = `p${this.#placeholders.size}`;
    this.values[name] = value;
    const placeholder = `{${name}:${type}}`;
    this.#placeholders.set(identity, placeholder);
    return placeholder;
  }
}
