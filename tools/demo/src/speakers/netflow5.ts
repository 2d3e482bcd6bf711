// Speaks netflow5.
import { Meter } from '../meter.ts';
import type { Random } from '../random.ts';
import type { Interface, Speaker } from '../speaker.ts';
import type { TrueFlow } from '../traffic.ts';

export interface Netflow5Options {
  readonly random: Random;
  readonly rate?: number;
  readonly domain?: number;
  readonly engine?: number;
  readonly node?: number;
  readonly start?: number;
  readonly firstTemplate?: number;
  readonly interfaces?: readonly Interface[];
}

export class Netflow5Speaker implements Speaker {
  readonly protocol = 'netflow5';
  readonly #meter: Meter;

  constructor(options: Netflow5Options) {
    this.#meter = new Meter(options.rate ?? 1, 'flow', options.random);
  }

  take(flow: TrueFlow): void {
    this.#meter.take(flow);
  }

  flush(_now: number): Uint8Array[] {
    this.#meter.rows.clear();
    return [];
  }
}
