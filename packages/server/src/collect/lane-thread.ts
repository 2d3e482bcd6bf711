// The main thread's end of a lane: a worker thread with its memory, and where it is in its life.
import { Worker } from 'node:worker_threads';
import { ServerError } from '../errors.ts';
import { CounterMemory, counterBytes, ROOM } from './account/counter-memory.ts';
import { processFiles } from './account/process-files.ts';
import { mapOrUndefined } from './account/shared-memory.ts';
import { asServerError } from './lanes.ts';
import type { FromLane, LaneReport, LaneStart, Replay, ToLane } from './messages.ts';

export interface LaneHooks {
  onReport(report: LaneReport): void;
  /** It died of something else than being told to stop. */
  onFailure(error: Error): void;
}

export class LaneThread {
  readonly lane: number;
  /** Its counters, in memory that this thread has mapped too. */
  readonly counters: CounterMemory;
  readonly #worker: Worker;
  readonly #prepared = Promise.withResolvers<void>();
  readonly #receiving = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #heardAt = performance.now();

  constructor(start: Omit<LaneStart, 'counters'>, hooks: LaneHooks) {
    const { lane, config, spoolDir } = start;
    this.lane = lane;
    const bytes = counterBytes(config.listen.max_exporters * ROOM);
    const mapped = mapOrUndefined(processFiles(spoolDir, start.start.token).counters(lane), bytes);
    const shared = mapped === undefined ? new SharedArrayBuffer(bytes) : undefined;
    this.counters = new CounterMemory(mapped?.memory ?? shared!);
    const workerData: LaneStart = { ...start, counters: shared };
    this.#worker = new Worker(new URL('./lane.ts', import.meta.url), { workerData });
    const fail = (error: Error) => {
      for (const state of [this.#prepared, this.#receiving, this.#released]) state.reject(error);
      hooks.onFailure(error);
    };
    // Whoever waits for one of these has it; the others are nobody's.
    for (const { promise } of [this.#prepared, this.#receiving, this.#released]) promise.catch(() => {});
    let ended = false;
    this.#worker.on('message', (message: FromLane) => {
      this.#heardAt = performance.now();
      switch (message.type) {
        case 'report':
          hooks.onReport(message);
          break;
        case 'prepared':
          this.#prepared.resolve();
          break;
        case 'receiving':
          this.#receiving.resolve();
          break;
        case 'released':
          this.#released.resolve();
          break;
        case 'stopped':
          ended = true;
          break;
        case 'fatal':
          fail(asServerError(message));
      }
    });
    this.#worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => {
      if (!ended) fail(new ServerError('start_failed', `lane ${lane} ended (exit ${code})`));
      this.#stopped.resolve();
    });
  }

  /** Its sockets are open. Rejects when it cannot be. */
  get prepared(): Promise<void> {
    return this.#prepared.promise;
  }

  get receiving(): Promise<void> {
    return this.#receiving.promise;
  }

  /** It reads nothing any more, and what it knows is saved. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** It is gone. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** Milliseconds since it said anything. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  go(replays: readonly Replay[]): void {
    this.send({ type: 'go', replays });
  }

  stop(drain: boolean): void {
    this.send({ type: 'stop', drain });
  }

  send(message: ToLane): void {
    this.#worker.postMessage(message);
  }
}
