// Waiting for a file system that may never answer: a network mount whose server is gone holds a call for as long as it likes.
import { SinkError } from '../errors.ts';

/**
 * Resolves as `work` does. Rejects before that when `signal` aborts, and with SinkError `no_answer` when `lastProgress` (on the clock of
 * performance.now) is longer ago than `patienceMs`. The work goes on all the same: nothing can stop it.
 */
export async function withPatience<T>(
  work: Promise<T>,
  options: {
    readonly place: string;
    readonly patienceMs: number;
    readonly lastProgress: () => number;
    readonly signal?: AbortSignal;
  },
): Promise<T> {
  const { place, patienceMs, lastProgress, signal } = options;
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const given = new Promise<never>((_, reject) => {
    stop = () => reject(new SinkError('stopped', `stopped while writing to ${place}`));
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const began = performance.now();
    const look = () => {
      const left = Math.max(began, lastProgress()) + patienceMs - performance.now();
      if (left > 0) timer = setTimeout(look, left);
      else {
        const seconds = Math.round(patienceMs / 1000);
        reject(
          new SinkError('no_answer', `${place} has not answered for ${seconds} s: look at what it is mounted from`),
        );
      }
    };
    timer = setTimeout(look, patienceMs);
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}
