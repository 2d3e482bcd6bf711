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
/** From one kind to the next better one; no span of time is so long. */
const KIND = 1e14;

/** The more, the longer it is kept. */
export function worth({ learnt, used, read }: Usage, now: number): number {
  if (!read) return used;
  return now - used > IDLE_MS ? KIND + used : 2 * KIND + used - learnt;
}

/**
 * Chooses `count` things by their worth, the least first: says of each worth that it is asked for, once for each thing, whether that one is
 * chosen. Sorts `worths`.
 */
export function leastOf(worths: Float64Array, count: number): (worth: number) => boolean {
  worths.sort();
  const limit = count > 0 ? worths[Math.min(count, worths.length) - 1] : Number.NEGATIVE_INFINITY;
  let atLimit = count - worths.indexOf(limit);
  return (worth) => worth < limit || (worth === limit && atLimit-- > 0);
}

/** The `count` things that are worth least. */
export function leastWorth<T extends Usage>(things: ReadonlyMap<unknown, T>, count: number, now: number): T[] {
  const worths = new Float64Array(things.size);
  let index = 0;
  for (const thing of things.values()) worths[index++] = worth(thing, now);
  const isChosen = leastOf(worths, count);
  const chosen: T[] = [];
  for (const thing of things.values()) if (isChosen(worth(thing, now))) chosen.push(thing);
  return chosen;
}

/** How many of `count` things go at once when one more does not fit: an eighth, so that choosing them costs little for each. */
export function portion(count: number): number {
  return Math.ceil(count / 8);
}
