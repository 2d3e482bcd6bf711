// GET /api/v1/flows/tail: flows as they come, as server-sent events.
//
// The store is asked for what came since the last look. Lanes close their files up to a second apart, so that a look ends a
// little before the newest flow; what comes later still is not shown. A tail is for watching, /api/v1/flows for the record.

import type { ServerResponse } from 'node:http';
import { compileNewest, compileTail, type TailEvent, TailQuery, type TailStatus } from '@weir/query';
import type { Asking } from '../asking.ts';
import type { ApiLimits } from '../deps.ts';
import { problemOf } from '../problems.ts';

export { TailQuery };

/** How far a look stays behind the newest flow, in milliseconds: lanes' files are up to about a second apart. */
const BEHIND_MS = 1500;
/** How far back a tail begins, in milliseconds. */
const BEGIN_MS = 5000;

interface Look {
  readonly after: number;
  readonly newest: number;
}

/** Follows the flows until the caller goes away. `asking` gives a fresh question each look. */
export async function follow(
  query: TailQuery,
  asking: () => Asking,
  response: ServerResponse,
  limits: Pick<ApiLimits, 'tailIntervalMs' | 'tailHeartbeatMs' | 'tailRows'>,
): Promise<void> {
  const first = asking();
  const { signal } = first;
  let look: Look = { after: first.now - BEGIN_MS, newest: 0 };
  let spoke = first.now;
  const tell = async (event: string, data: TailEvent | TailStatus) => {
    spoke = first.deps.now?.() ?? Date.now();
    await send(response, event, data, signal);
  };
  await tell('status', { time: first.now, message: 'following' });
  while (!signal.aborted) {
    const question = asking();
    try {
      const { next, event } = await lookOnce(query, question, look, limits.tailRows);
      look = next;
      if (event !== undefined) await tell('flows', event);
      else if (question.now - spoke >= limits.tailHeartbeatMs)
        await tell('status', { time: question.now, message: 'nothing new' });
    } catch (error) {
      if (signal.aborted) break;
      await tell('status', { time: question.now, message: problemOf(error).detail });
    }
    await pause(limits.tailIntervalMs, signal);
  }
}

async function lookOnce(
  query: TailQuery,
  asking: Asking,
  look: Look,
  limit: number,
): Promise<{ readonly next: Look; readonly event?: TailEvent }> {
  const [row] = await asking.rows(compileNewest(look.after + 1));
  const newest = Number(row?.newest ?? 0);
  // When nothing came since the last look, what was held back can go.
  const until = newest === look.newest ? newest : newest - BEHIND_MS;
  if (until <= look.after) return { next: { after: look.after, newest } };
  const statement = compileTail(query, { after: look.after, until, limit }, asking.context());
  const event = statement.answer(await asking.rows(statement));
  const next = { after: until, newest };
  return event.flows.length === 0 ? { next } : { next, event };
}

/** Writes an event, and waits while the caller is slower than we are. */
async function send(response: ServerResponse, event: string, data: object, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  if (response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
