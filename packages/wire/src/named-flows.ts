// Rows that the records of one message gave to other exporters than the message's sender. They are counted when the message's outcome
// is, so this keeps who got how many until then.
import { ACCOUNT } from '@weir/record';
import type { Exporter } from './exporter.ts';
import type { StateClock } from './state-clock.ts';

export class NamedFlows {
  readonly #counts = new Map<Exporter, number>();
  #last: Exporter | undefined;
  #lastCount = 0;
  /** All of them. */
  total = 0;
  /** Rows that name an exporter and stay the sender's: it may name no more. */
  refused = 0;

  add(exporter: Exporter): void {
    if (exporter !== this.#last) {
      this.#keep();
      this.#last = exporter;
      this.#lastCount = this.#counts.get(exporter) ?? 0;
    }
    this.#lastCount++;
    this.total++;
  }

  #keep(): void {
    if (this.#last !== undefined) this.#counts.set(this.#last, this.#lastCount);
  }

  /** Counts the rows received under those that they were given to, and forgets them. */
  settle(timeReceived: number, clock: StateClock): void {
    if (this.total === 0) return;
    this.#keep();
    for (const [exporter, rows] of this.#counts) {
      exporter.counters[ACCOUNT.flows_received] += rows;
      exporter.note(timeReceived, clock, true);
    }
    this.#counts.clear();
    this.#last = undefined;
    this.total = 0;
  }
}
