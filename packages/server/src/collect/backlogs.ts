// What waits in the spool for each consumer: kept below the consumers' caps, and told of in the collector's status.
import { backlogOf, dropRows, enforceCap } from '@weir/spool';
import type { Logger } from '../log.ts';
import type { ConsumerBacklog } from '../status.ts';
import type { Giver } from './account/give.ts';
import { type ConsumerPlan, NAMES } from './consumers.ts';
import type { NamesDropped } from './loss-warnings.ts';
import { WaitingTime } from './waiting-time.ts';

/** Cap of the rows of dimensions that wait for sinks. */
const NAMES_CAP_BYTES = 1024 ** 3;
/** Drops over a cap with less than this between them are one to the log, in milliseconds. */
const DROPPING_MS = 60_000;

export class Backlogs {
  readonly #spool: string;
  readonly #plan: ConsumerPlan;
  readonly #giver: Giver;
  readonly #log: Logger;
  /** Flows dropped over the cap of each consumer, and when the last were (milliseconds of this process). */
  readonly #dropped = new Map<string, { readonly flows: number; readonly at: number }>();
  readonly #waitingTimes = new Map<string, WaitingTime>();
  /** The oldest file of each consumer, and since when it is (milliseconds of this process). */
  readonly #oldest = new Map<string, { readonly name: string; readonly since: number }>();

  #namesDropped: NamesDropped | undefined;

  constructor(spool: string, plan: ConsumerPlan, giver: Giver, log: Logger) {
    this.#spool = spool;
    this.#plan = plan;
    this.#giver = giver;
    this.#log = log;
  }

  /** Undefined where none were. */
  get namesDropped(): NamesDropped | undefined {
    return this.#namesDropped;
  }

  /** One for each consumer. Throws SpoolError. */
  all(): ConsumerBacklog[] {
    const now = performance.now();
    return Array.from(this.#plan.flows, ([name, capBytes]): ConsumerBacklog => {
      const { files, bytes, oldest, newest } = backlogOf(this.#spool, name);
      const before = this.#oldest.get(name);
      if (oldest === undefined) this.#oldest.delete(name);
      else if (before?.name !== oldest) this.#oldest.set(name, { name: oldest, since: now });
      const waiting = this.#waitingTimes.get(name) ?? new WaitingTime();
      this.#waitingTimes.set(name, waiting);
      const dropped = this.#dropped.get(name);
      return {
        name,
        files,
        bytes,
        capBytes,
        waitingMs: waiting.look(oldest, newest, now),
        stuckMs: now - (this.#oldest.get(name)?.since ?? now),
        droppedFlows: dropped?.flows ?? 0,
        ...(dropped === undefined ? {} : { droppedAgoMs: now - dropped.at }),
      };
    });
  }

  /** Drops what is over a cap, the oldest first, and counts it. Throws SpoolError. */
  enforceCaps(): void {
    // Names wait too while the sinks are away; what is dropped is announced again some time.
    if (this.#plan.dimensions.includes(NAMES)) {
      const files = dropRows(this.#spool, NAMES, NAMES_CAP_BYTES);
      if (files > 0) this.#noteNamesDropped(files);
    }
    for (const [consumer, cap] of this.#plan.flows) {
      const flows = enforceCap(this.#spool, consumer, cap, (name, { exporters }) =>
        this.#giver.countEnd(consumer, name, 'flows_spool_cap', exporters),
      );
      if (flows > 0) this.#noteDropped(consumer, flows);
    }
  }

  #noteNamesDropped(files: number): void {
    const before = this.#namesDropped;
    const at = performance.now();
    this.#namesDropped = { files: (before?.files ?? 0) + files, at };
    if (before !== undefined && at - before.at < DROPPING_MS) return;
    this.#log.warn({ files }, 'too many names wait for the sinks: the oldest were dropped');
  }

  #noteDropped(consumer: string, flows: number): void {
    const before = this.#dropped.get(consumer);
    const now = performance.now();
    this.#dropped.set(consumer, { flows: (before?.flows ?? 0) + flows, at: now });
    // The status tells how many; the log, that it began.
    if (before !== undefined && now - before.at < DROPPING_MS) return;
    this.#log.warn(
      { consumer, flows },
      'what waits for a consumer is over its cap: the oldest was dropped and counted',
    );
  }
}
