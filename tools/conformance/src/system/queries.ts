// Many queries at once: what a crowd of open pages asks. From a thread of their own, so that whoever starts them can look at something
// else meanwhile.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface QueriesData {
  readonly port: number;
  readonly atOnce: number;
  readonly all: number;
  /** Of one number: queries that were sent and are not answered. */
  readonly underWay: Int32Array;
}

export class Queries {
  readonly #underWay = new Int32Array(new SharedArrayBuffer(4));
  /** Answers by status, when all are there; status 0 stands for a connection that ended without one. */
  readonly answers: Promise<ReadonlyMap<number, number>>;
  finished = false;

  /** Sends `all` queries, `atOnce` at any time, from now on. */
  constructor(port: number, atOnce: number, all: number) {
    const workerData: QueriesData = { port, atOnce, all, underWay: this.#underWay };
    const worker = new Worker(new URL('./queries-thread.ts', import.meta.url), { workerData });
    this.answers = once(worker, 'message').then(([answers]) => {
      this.finished = true;
      return answers as ReadonlyMap<number, number>;
    });
  }

  /** Queries that were sent and are not answered. */
  get underWay(): number {
    return Atomics.load(this.#underWay, 0);
  }
}
