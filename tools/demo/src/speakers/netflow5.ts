// NetFlow v5: no sampling, no IPv6, AS numbers of 16 bits.
import { FIELD } from '@weir/record';
import { encodeNetflow5, V5_MAX_RECORDS } from '@weir/wire';
import { Meter } from '../meter.ts';
import type { Random } from '../random.ts';
import { type Speaker, UPTIME_MS } from '../speaker.ts';
import type { TrueFlow } from '../traffic.ts';

/** Stands for AS numbers that do not fit 16 bits (RFC 6793). */
const AS_TRANS = 23_456;

export class Netflow5Speaker implements Speaker {
  readonly protocol = 'netflow5';
  readonly #meter: Meter;
  readonly #engine: number;
  readonly #booted: number;
  #sequence = 0;

  constructor(options: { readonly engine: number; readonly random: Random; readonly start: number }) {
    this.#meter = new Meter(1, 'flow', options.random);
    this.#engine = options.engine;
    this.#booted = options.start - UPTIME_MS;
  }

  /** IPv6 cannot be said in v5: such flows are not reported by anyone. */
  take(flow: TrueFlow): void {
    if (!flow.v6) this.#meter.take(flow);
  }

  flush(now: number): Uint8Array[] {
    const { rows } = this.#meter;
    for (const column of [rows.use(FIELD.src_as), rows.use(FIELD.dst_as)]) {
      for (let row = 0; row < rows.length; row++) if (column[row] > 0xffff) column[row] = AS_TRANS;
    }
    const datagrams: Uint8Array[] = [];
    for (let from = 0; from < rows.length; from += V5_MAX_RECORDS) {
      const to = Math.min(rows.length, from + V5_MAX_RECORDS);
      const sysUptime = now - this.#booted;
      const header = { time: now, sysUptime, sequence: this.#sequence, engine: this.#engine, samplingInterval: 1 };
      datagrams.push(encodeNetflow5(rows, from, to, header));
      this.#sequence += to - from;
    }
    rows.clear();
    return datagrams;
  }
}
