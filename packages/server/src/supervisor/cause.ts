// Why a supervised process ended, so that a person who reads the log knows where to look.
import { readFileSync } from 'node:fs';

/**
 * How many processes the kernel has killed for want of memory since it started, those of other programs and containers included
 * (`oom_kill` of /proc/vmstat, Linux 4.13). Undefined where it does not say.
 */
export function outOfMemoryKills(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/vmstat', 'utf8');
  } catch {
    return undefined;
  }
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}

const ADVICE = 'give Weir more memory, or lower store.memory or store.query.max_memory';

/** Exit code or signal in words. `before` and `after`: outOfMemoryKills when the process started and after it ended. */
export function causeOfEnd(
  code: number | null,
  signal: NodeJS.Signals | null,
  before: number | undefined,
  after: number | undefined,
): string {
  if (signal === null) return `exit ${code}`;
  // Whoever sends it, the process itself can say nothing.
  if (signal !== 'SIGKILL') return signal;
  if (before === undefined || after === undefined) return `${signal}: out of memory? If so, ${ADVICE}`;
  if (after === before) return `${signal}, sent by a person or a program`;
  const kills = after - before;
  return `${signal}, probably out of memory: since it started the kernel has killed ${kills === 1 ? 'a process' : `${kills} processes`} for want of it; ${ADVICE}`;
}
