// Which of an exporter's own things (templates, domains, engines, sub-agents) go first when it has too many: those that were never of
// use, then those idle for long, then those in use for the shortest time. So whoever floods under an exporter's address with made-up
// ones pushes out its own before what the exporter has used all along.

export interface Usage {
  /** When it was first seen, by the StateClock. */
  readonly learnt: number;
  /** When it was last seen or used. */
  readonly used: number;
  /** Whether flows came by it. */
  readonly read: boolean;
}

/** Not seen for so long, it is taken for idle. */
const IDLE_MS = 600_000;

function grade({ used, read }: Usage, now: number): number {
  if (!read) return 0;
  return now - used > IDLE_MS ? 1 : 2;
}

/** For `sort`: the least worth keeping first. */
export function leastWorthFirst(now: number): (a: Usage, b: Usage) => number {
  return (a, b) => {
    const first = grade(a, now);
    const difference = first - grade(b, now);
    if (difference !== 0) return difference;
    return first === 2 ? a.used - a.learnt - (b.used - b.learnt) : a.used - b.used;
  };
}

/** How many of `count` things go at once when one more does not fit: an eighth, so that choosing them costs little for each. */
export function portion(count: number): number {
  return Math.max(1, count >> 3);
}
