// Names of spool files. They sort by age on a clock that never goes back, whatever becomes of the time of day, and none is ever used
// twice: a name is the key by which a consumer knows a file that it has taken already.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpoolError } from './errors.ts';
import { writeWhole } from './files.ts';

/** One start of the process that writes to a spool. Its threads share it. */
export interface SpoolStart {
  /** How often the spool was written to by a new process: rises by one. */
  readonly generation: number;
  /** Random, so that names of different spools differ too: they may share a store. */
  readonly token: string;
  /** When it began, in milliseconds of the system's monotonic clock, which all threads of a machine share. */
  readonly origin: number;
}

/** Milliseconds of the system's monotonic clock. */
const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * Begins a new generation of names. Where that cannot be written down (disk full, not writable) names are unique all the same and only
 * their order against those of the start before is not.
 */
export function beginGeneration(dir: string): SpoolStart {
  const path = join(dir, 'generation');
  const generation = lastGeneration(path) + 1;
  try {
    writeWhole(path, `${generation}\n`);
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
  }
  return { generation, token: randomBytes(6).toString('hex'), origin: monotonic() };
}

function lastGeneration(path: string): number {
  try {
    const generation = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(generation) && generation > 0 ? generation : 0;
  } catch {
    return 0;
  }
}

/** Gives names, each newer than the one before. `writer`: unique among the threads of this start. */
export type NameSource = () => string;

export function nameSource(start: SpoolStart, writer: string, now: () => number = monotonic): NameSource {
  let sequence = 0;
  const generation = String(start.generation).padStart(8, '0');
  return () => {
    const age = String(Math.max(0, now() - start.origin)).padStart(12, '0');
    return `${generation}-${age}-${start.token}-${writer}-${String(sequence++).padStart(8, '0')}`;
  };
}

/** Whose name it is: the start's token and the writer. */
export function ownerOfName(name: string): { readonly token: string; readonly writer: string } {
  const [, , token = '', writer = ''] = name.split('-');
  return { token, writer };
}
