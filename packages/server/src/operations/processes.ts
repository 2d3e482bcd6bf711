// What a process takes of the machine, as proc(5) has it. Off Linux nobody tells.
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessFigures {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly openFiles: number;
}

/** Clock ticks per second of the times in /proc/<pid>/stat: USER_HZ, 100 on every Linux that runs Node. */
const TICKS = 100;

/** Undefined for a process that is gone, or another user's, or in another process namespace. */
export async function processFigures(pid: number): Promise<ProcessFigures | undefined> {
  try {
    const [stat, status, files] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      readdir(`/proc/${pid}/fd`),
    ]);
    // The second field, the name in parentheses, may have spaces; the third is then the first.
    const fields = stat.replace(/^.*\) /s, '').split(' ');
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (resident === undefined) return undefined;
    return {
      residentBytes: Number(resident) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      openFiles: files.length,
    };
  } catch {
    return undefined;
  }
}
