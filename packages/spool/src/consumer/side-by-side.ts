// A few deliveries side by side. The first failure stops further ones; those under way end before it is told.

export class SideBySide {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();
  #error: { readonly reason: unknown } | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  /** Begins a delivery once there is room. Never rejects: see `end`. */
  async add(deliver: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    const run = deliver()
      .catch((reason: unknown) => {
        this.#error ??= { reason };
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits for all that run. Rejects with the first failure. */
  async end(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#error !== undefined) throw this.#error.reason;
  }
}
