// CPU time and memory of processes, read from /proc while they run.
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of utime and stime; 100 on every Linux there is (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

export interface ProcessSample {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

function sample(pid: number): ProcessSample | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold spaces: count fields from behind it. proc(5): ppid is field 4, utime 14.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return {
      pid,
      parent: Number(fields[1]),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      residentBytes: Number(resident ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}

/** The process and all below it. */
export function processTree(root: number): ProcessSample[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => sample(Number(name)))
    .filter((found) => found !== undefined);
  const tree = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of all) {
      if (!tree.has(parent) || tree.has(pid)) continue;
      tree.add(pid);
      grew = true;
    }
  }
  return all.filter(({ pid }) => tree.has(pid));
}

/** Watches a tree of processes: the greatest sum of resident memory, and CPU seconds since the start of watching. */
export class Watch {
  readonly #root: number;
  readonly #before: ReadonlyMap<number, number>;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;
  #last: ProcessSample[] = [];
  readonly #peaks = new Map<number, ProcessSample>();

  constructor(root: number) {
    this.#root = root;
    this.#before = new Map(processTree(root).map(({ pid, cpuSeconds }) => [pid, cpuSeconds]));
    this.#timer = setInterval(() => this.#look(), 250);
    this.#look();
  }

  #look(): void {
    this.#last = processTree(this.#root);
    for (const process of this.#last) {
      const before = this.#peaks.get(process.pid)?.residentBytes ?? 0;
      if (process.residentBytes > before) this.#peaks.set(process.pid, process);
    }
    this.#peak = Math.max(
      this.#peak,
      this.#last.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  /** Bytes. Pages that processes share count for each of them. */
  get peakResident(): number {
    return this.#peak;
  }

  /** Bytes, of the process whose command contains `part`, the largest where there are several. */
  peakOf(part: string): number {
    const found = [...this.#peaks.values()].filter(({ command }) => command.includes(part));
    return Math.max(0, ...found.map(({ residentBytes }) => residentBytes));
  }

  /** CPU seconds of the processes whose command contains `part`. */
  cpuSeconds(part = ''): number {
    return this.#last
      .filter(({ command }) => command.includes(part))
      .reduce((sum, { pid, cpuSeconds }) => sum + cpuSeconds - (this.#before.get(pid) ?? 0), 0);
  }
}
