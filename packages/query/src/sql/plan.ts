// Which tables answer for a range of time: the coarsest roll-up that has all that is asked, finer tables at its edges.
//
// A roll-up answers for whole steps only, and only up to where it has been made. What is before the first whole step and after
// the last is read from the next finer table that can answer, down to the flows, so that answers are exact, whatever is read.
import { QueryError } from '../errors.ts';
import type { Resolution } from '../query-schema.ts';
import {
  flowsSource,
  KEPT_PORTS_BELOW,
  lacks,
  type Need,
  ROLLUPS,
  type RollupName,
  rollupSource,
  type Source,
} from './source.ts';

/** What the compiler needs to know of the store. */
export interface CompileContext {
  /** Columns of the table of flows. */
  readonly columnsPresent: ReadonlySet<string>;
  /** End of what each roll-up holds, in milliseconds since 1970. A roll-up that is not named has nothing. */
  readonly rolledUpUntil: Readonly<Partial<Record<RollupName, number>>>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Segment {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
}

export interface Plan {
  /** In order of time, without gaps. */
  readonly segments: readonly Segment[];
  /** Tables used, coarsest first, joined by `+`. */
  readonly resolution: string;
}

const COARSEST_FIRST: readonly RollupName[] = ['1h', '5m', '1m'];

/**
 * A roll-up is worth its edges when the range has this many of its steps: below, the edges read from finer tables would be most of
 * the work.
 */
const MIN_STEPS = 4;

/** What a reader must know of sums by `server_port` that came from roll-ups. */
export function portWarnings(chosen: Plan, columns: readonly string[]): string[] {
  if (!columns.includes('server_port') || chosen.resolution === 'flows') return [];
  return [
    `Roll-ups count server ports from ${KEPT_PORTS_BELOW} on, but for the most used of each minute, under port 0; resolution=flows has them all`,
  ];
}

export interface PlanRequest {
  readonly from: number;
  readonly to: number;
  /** Milliseconds between points, which roll-ups must divide; undefined when time is not grouped by. */
  readonly stepMs?: number;
  readonly needs: readonly Need[];
  readonly resolution: Resolution | 'auto';
}

/** Chooses the tables. Throws QueryError `bad_resolution` when a roll-up was asked for that cannot answer. */
export function plan(request: PlanRequest, context: CompileContext): Plan {
  const { from, to, resolution } = request;
  const candidates = COARSEST_FIRST.filter((name) => {
    if (resolution === 'flows') return false;
    const problem = unfit(name, request, context);
    if (problem !== undefined && resolution === name) {
      throw new QueryError('bad_resolution', [{ parameter: 'resolution', message: problem, suggestion: 'auto' }]);
    }
    if (problem !== undefined) return false;
    if (resolution !== 'auto') return ROLLUPS[name].stepMs <= ROLLUPS[resolution].stepMs;
    return to - from >= ROLLUPS[name].stepMs * MIN_STEPS;
  });
  const segments = divide(from, to, candidates, context);
  const used = new Set(segments.map((segment) => segment.source.resolution));
  const names = [...COARSEST_FIRST, 'flows' as const].filter((name) => used.has(name));
  return { segments, resolution: names.join('+') || 'flows' };
}

/** Why a roll-up cannot answer a request at all, or undefined. */
function unfit(name: RollupName, request: PlanRequest, context: CompileContext): string | undefined {
  const { stepMs } = ROLLUPS[name];
  if (request.stepMs !== undefined && request.stepMs % stepMs !== 0) {
    return `The roll-up ${name} has no points every ${request.stepMs / 1000} s`;
  }
  for (const need of request.needs) {
    const missing = lacks(need, context.columnsPresent);
    if (missing !== undefined) return `The roll-up ${name} does not keep ${missing}`;
  }
  return undefined;
}

function divide(from: number, to: number, candidates: readonly RollupName[], context: CompileContext): Segment[] {
  if (from >= to) return [];
  const [name, ...finer] = candidates;
  if (name === undefined) return [{ source: flowsSource(context.columnsPresent), from, to }];
  const { stepMs } = ROLLUPS[name];
  const start = Math.ceil(from / stepMs) * stepMs;
  const end = Math.floor(Math.min(to, context.rolledUpUntil[name] ?? 0) / stepMs) * stepMs;
  if (end <= start) return divide(from, to, finer, context);
  return [
    ...divide(from, start, finer, context),
    { source: rollupSource(name), from: start, to: end },
    ...divide(end, to, finer, context),
  ];
}
