// How a stage is timed: fresh data before each round, only the stage's own work under the clock, by the thread's CPU time.
import { type Figure, type FigureOptions, figure } from '../figures.ts';

/** Rounds whose time is added up to one run: with 100,000 records a round, ten million different ones are met in a bench. */
const ROUNDS = 24;
const RUNS = 5;
const WARMUP_ROUNDS = 8;

export interface Stage {
  readonly name: string;
  readonly unit?: string;
  readonly options?: FigureOptions;
  /** Makes data that was not there before. Not timed. */
  readonly prepare: () => void;
  /** The work. Returns how many records it did. */
  readonly work: () => number;
}

/** Records a second of CPU time: what one core does, also when others use the machine. */
export function measure(stage: Stage): Figure {
  for (let round = 0; round < WARMUP_ROUNDS; round++) {
    stage.prepare();
    stage.work();
  }
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    let records = 0;
    let micros = 0;
    for (let round = 0; round < ROUNDS; round++) {
      stage.prepare();
      const before = process.threadCpuUsage();
      records += stage.work();
      const { user, system } = process.threadCpuUsage(before);
      micros += user + system;
    }
    rates.push(records / (micros / 1e6));
  }
  return figure(stage.name, stage.unit ?? 'records/s a core', rates, stage.options);
}
