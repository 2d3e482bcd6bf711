// Many exchanges at once against one server, while another caller asks every moment whether it lives.
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random.ts';
import type { Finding } from '../scenario.ts';
import { Besieged } from './besieged.ts';
import { doExchange } from './exchange.ts';
import { type Exchange, makeExchange } from './exchanges.ts';
import { BOUNDS } from './expectations.ts';

/** Exchanges at once. */
const ABREAST = 24;
/** Connections that say nothing from the first to the last moment. */
const SILENT = 200;
const PROBE_MS = 100;
const LIVEZ: Exchange = {
  pieces: ['GET /livez HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n'],
  methods: ['GET'],
  ending: 'read',
  owed: true,
};
/** Opens, and stays. */
const SILENCE: Exchange = { pieces: [], methods: [], ending: 'stall', owed: false };

export interface StormOptions {
  readonly seed: number;
  readonly seconds?: number;
  readonly rounds?: number;
  say(text: string): void;
  found(finding: Finding): void;
}

export interface StormCounts {
  exchanges: number;
  answers: number;
  byStatus: Map<number, number>;
  probes: number;
  memoryMB: number;
}

/** Starts a Weir, besieges it, and stops it. */
export async function storm(options: StormOptions): Promise<StormCounts> {
  const besieged = await Besieged.start();
  try {
    return await new Storm(besieged, options).run();
  } finally {
    await besieged.stop();
  }
}

class Storm {
  readonly #besieged: Besieged;
  readonly #options: StormOptions;
  readonly #random: Random;
  readonly #counts: StormCounts = { exchanges: 0, answers: 0, byStatus: new Map(), probes: 0, memoryMB: 0 };
  readonly #deadline: number;
  #left: number;
  #over = false;

  constructor(besieged: Besieged, options: StormOptions) {
    this.#besieged = besieged;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#left = options.rounds ?? Number.POSITIVE_INFINITY;
    this.#deadline = performance.now() + (options.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  }

  async run(): Promise<StormCounts> {
    const surface = await this.#besieged.surface();
    const beside = [this.#probe(), this.#watch(), ...Array.from({ length: SILENT }, () => this.#beSilent())];
    await Promise.all(Array.from({ length: ABREAST }, () => this.#attack(() => makeExchange(this.#random, surface))));
    this.#over = true;
    await Promise.all(beside);
    if (!(await this.#becomesReady())) this.#foundOfAll('ready', 'it is not ready after the storm');
    return this.#counts;
  }

  /** One exchange after the other. */
  async #attack(make: () => Exchange): Promise<void> {
    while (this.#left-- > 0 && performance.now() < this.#deadline && !this.#over) {
      const exchange = make();
      const { answers, problem } = await doExchange(this.#besieged.port, exchange);
      this.#counts.exchanges++;
      this.#counts.answers += answers.length;
      for (const { status } of answers) {
        this.#counts.byStatus.set(status, (this.#counts.byStatus.get(status) ?? 0) + 1);
      }
      if (problem !== undefined) this.#options.found({ ...problem, input: { kind: 'exchange', exchange } });
    }
  }

  async #probe(): Promise<void> {
    while (!this.#over) {
      const { answers, problem } = await doExchange(this.#besieged.port, LIVEZ);
      this.#counts.probes++;
      const status = answers[0]?.status;
      if (status !== 200) this.#foundOfAll('livez', problem?.message ?? `/livez answered ${status}`);
      await sleep(PROBE_MS);
    }
  }

  async #watch(): Promise<void> {
    for (let look = 1; !this.#over; look++) {
      await sleep(1000);
      const problem = this.#besieged.problem();
      if (problem !== undefined) {
        this.#foundOfAll('process', problem);
        // What follows would only say so again.
        this.#over = true;
      }
      const logged = this.#besieged.logged();
      if (logged !== undefined) this.#foundOfAll('log', logged);
      this.#counts.memoryMB = Math.max(this.#counts.memoryMB, this.#besieged.memoryMB());
      if (this.#counts.memoryMB > BOUNDS.memoryMB) {
        this.#foundOfAll('memory', `its processes take ${Math.round(this.#counts.memoryMB)} MB`);
      }
      if (look % 10 === 0)
        this.#options.say(`http: ${this.#counts.exchanges} exchanges, ${this.#counts.answers} answers`);
    }
  }

  async #beSilent(): Promise<void> {
    while (!this.#over) await doExchange(this.#besieged.port, { ...SILENCE, stallMs: 1000 });
  }

  /** Queries that are still under way end by their own limits. */
  async #becomesReady(): Promise<boolean> {
    for (let second = 0; second < BOUNDS.answerSeconds; second++) {
      if (await this.#besieged.isReady()) return true;
      await sleep(1000);
    }
    return false;
  }

  /** A finding that no single exchange brings about. */
  #foundOfAll(oracle: string, message: string): void {
    const { seed, rounds, seconds } = this.#options;
    this.#options.found({ oracle, message, input: { kind: 'storm', seed, rounds, seconds } });
  }
}
