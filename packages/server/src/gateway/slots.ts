// How many requests may hold more than their connection at once: a request of the storing process, or a file being read. Beyond that a
// request is refused in a moment, so that a probe never waits behind thousands of them, and descriptors are bounded.

export class Slots {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(most: number, mostPerAddress: number) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes one for a caller at `from`; call what is returned once to give it back. Undefined when there is none. */
  take(from: string): (() => void) | undefined {
    const own = this.#byAddress.get(from) ?? 0;
    if (this.#taken >= this.#most || own >= this.#mostPerAddress) return undefined;
    this.#taken++;
    this.#byAddress.set(from, own + 1);
    return () => {
      this.#taken--;
      const left = (this.#byAddress.get(from) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(from);
      else this.#byAddress.set(from, left);
    };
  }
}
