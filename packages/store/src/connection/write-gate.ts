// Lets writes of the store run side by side, and now and then keeps all of them out for a moment, in which the tables agree with each other.
import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreError } from '../store-error.ts';

/** Longest wait for writes under way, in milliseconds: others wait behind it. */
const PATIENCE_MS = 60_000;

export class WriteGate {
  /** Set in what runs inside: writes of a work that holds the gate already must not wait for it. */
  readonly #inside = new AsyncLocalStorage<true>();
  #writing = 0;
  #closed = false;
  #waiting: (() => void)[] = [];
  #emptied: (() => void) | undefined;

  /** Runs `work` among other writes. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) return await work();
    while (this.#closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#writing++;
    try {
      return await this.#inside.run(true, work);
    } finally {
      if (--this.#writing === 0) this.#emptied?.();
    }
  }

  /** Runs `work` when no write does, and keeps others out until it has ended. Throws StoreError `overloaded` when writes go on too long. */
  async exclusive<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
    while (this.#closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#closed = true;
    try {
      await this.#empty(patienceMs);
      return await this.#inside.run(true, work);
    } finally {
      this.#closed = false;
      for (const enter of this.#waiting.splice(0)) enter();
    }
  }

  async #empty(patienceMs: number): Promise<void> {
    if (this.#writing === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new StoreError('overloaded', 'a write to the store goes on for too long; try again later');
      timer = setTimeout(() => reject(error), patienceMs);
    });
    try {
      await Promise.race([emptied, late]);
    } finally {
      clearTimeout(timer);
      this.#emptied = undefined;
    }
  }
}
