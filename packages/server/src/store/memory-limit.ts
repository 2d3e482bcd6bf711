// How much memory this process may have: what its control group allows (cgroups(7), version 1 or 2), or what the machine has.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

export interface MemoryLimit {
  readonly bytes: number;
  /** Whether a control group says so; else it is all that the machine has. */
  readonly limited: boolean;
}

/** Where the kernel's files are; for tests. */
export interface KernelFiles {
  /** `/proc/self/cgroup`. */
  readonly membership: string;
  /** `/sys/fs/cgroup`. */
  readonly groups: string;
}

const KERNEL: KernelFiles = { membership: '/proc/self/cgroup', groups: '/sys/fs/cgroup' };

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** A limit as a file has it; undefined for none: `max` in version 2, a number near 2^63 in version 1. */
function limitIn(path: string): number | undefined {
  const text = read(path);
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const bytes = Number(text);
  return bytes > 0 && bytes < Number.MAX_SAFE_INTEGER ? bytes : undefined;
}

/** The group and all above it: each bounds what is in it. */
function upwards(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return Array.from({ length: names.length + 1 }, (_, above) => join('/', ...names.slice(0, names.length - above)));
}

/** The limits that hold. In a container the group's path may be that of the host, of which only the container's own part is to be seen. */
function limits({ membership, groups }: KernelFiles): number[] {
  const found: number[] = [];
  const take = (path: string): void => {
    const limit = limitIn(path);
    if (limit !== undefined) found.push(limit);
  };
  for (const line of (read(membership) ?? '').split('\n')) {
    // `0::/path` is version 2, `4:memory:/path` version 1.
    const [id, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (id === '0' && controllers === '') {
      // A machine with both has version 2 in a folder of its own.
      for (const root of [groups, join(groups, 'unified')]) {
        for (const group of upwards(path))
          for (const file of ['memory.max', 'memory.high']) take(join(root, group, file));
      }
    } else if (controllers?.split(',').includes('memory')) {
      for (const group of upwards(path)) take(join(groups, 'memory', group, 'memory.limit_in_bytes'));
    }
  }
  return found;
}

export function memoryLimit(files: KernelFiles = KERNEL, machine: number = totalmem()): MemoryLimit {
  const lowest = Math.min(...limits(files));
  return lowest < machine ? { bytes: lowest, limited: true } : { bytes: machine, limited: false };
}
