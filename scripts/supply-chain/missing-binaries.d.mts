// Types of missing-binaries.mjs, for its test.
import type { LockFile } from './lock-file.ts';

interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string;
}

export function missingBinaries(lock: LockFile, machine: Machine, isInstalled: (path: string) => boolean): string[];
export function thisMachine(): Machine;
