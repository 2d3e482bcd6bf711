// Lets a bounded number of queries into the store at once; the others wait their turn, a bounded number for a bounded time.
import type { ApiLimits } from './deps.ts';
import { ApiError } from './problems.ts';

interface Waiting {
  enter(): void;
}

export class QueryGate {
  readonly #limits: Pick<ApiLimits, 'concurrency' | 'queue' | 'queueMs'>;
  readonly #queue: Waiting[] = [];
  #running = 0;

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  constructor(limits: Pick<ApiLimits, 'concurrency' | 'queue' | 'queueMs'>) {
    this.#limits = limits;
  }

  /**
   * Runs `task` when there is room. Throws ApiError `too_busy` when the queue is full or the wait too long; an aborted signal
   * gives up the place in the queue.
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await task();
    } finally {
      this.#running--;
      this.#queue.shift()?.enter();
    }
  }

  #enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#limits.concurrency) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#queue.length >= this.#limits.queue) {
      return Promise.reject(new ApiError('too_busy', 'Too many queries are waiting already.', { limit: 'queue' }));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        const at = this.#queue.indexOf(waiting);
        if (at >= 0) this.#queue.splice(at, 1);
      };
      const waiting: Waiting = {
        enter: () => {
          leave();
          this.#running++;
          resolve();
        },
      };
      const aborted = (): void => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(new ApiError('too_busy', 'Other queries took too long for this one to begin.', { limit: 'queue' }));
      }, this.#limits.queueMs);
      signal?.addEventListener('abort', aborted, { once: true });
      this.#queue.push(waiting);
    });
  }
}
