// Connections to the embedded engine, one statement each at a time: further statements wait for one that is free.
import { StoreError } from '../store-error.ts';

interface Closable {
  close(): unknown;
}

export class Pool<C extends Closable> {
  readonly #open: () => C;
  readonly #size: number;
  readonly #idle: C[] = [];
  readonly #waiting: ((connection: C) => void)[] = [];
  #opened = 0;
  #closed = false;

  /** `size`: connections that `open` is called for at most. */
  constructor(size: number, open: () => C) {
    this.#size = size;
    this.#open = open;
  }

  /**
   * Runs `work` with a connection of its own. After a failure `mend` sees the connection before anyone else gets it. Throws StoreError
   * `closed`, and what `work` throws.
   */
  async run<T>(work: (connection: C) => Promise<T>, mend: (connection: C) => Promise<unknown>): Promise<T> {
    const connection = await this.#take();
    try {
      return await work(connection);
    } catch (error) {
      await mend(connection);
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next(connection);
      else if (this.#closed) await connection.close();
      else this.#idle.push(connection);
    }
  }

  /** Closes what is idle now, the others when their statement has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #take(): Promise<C> {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#opened < this.#size) {
      const connection = this.#open();
      this.#opened++;
      return connection;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
