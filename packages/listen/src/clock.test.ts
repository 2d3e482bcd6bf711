// The wall clock jumps while a listener receives: in a process whose idea of it libfaketime sets, and whose monotonic clock it leaves alone.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { libcUnavailable } from '@weir/libc';
import { describe, expect, it } from 'vitest';
import type { Backend } from './listener.ts';
import type { ClockOutcome } from './testing/clock-jumps.ts';

const SCRIPT = fileURLToPath(new URL('./testing/clock-jumps.ts', import.meta.url));
const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;
const LIBRARY = `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`;
const why = libcUnavailable() ?? (existsSync(LIBRARY) ? undefined : 'needs libfaketime');

async function run(backend: Backend): Promise<ClockOutcome> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-clock-'));
  const stamp = join(dir, 'time');
  writeFileSync(stamp, '+0');
  const env = {
    ...process.env,
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: stamp,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  try {
    const args = ['--disable-warning=ExperimentalWarning', SCRIPT, backend];
    return JSON.parse((await promisify(execFile)(process.execPath, args, { env })).stdout) as ClockOutcome;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('a listener while the wall clock jumps', () => {
  if (why !== undefined) {
    it(why, (context) => {
      if (process.env.CI === 'true') throw new Error(why);
      context.skip(why);
    });
  }

  it.runIf(why === undefined).each(['recvmmsg', 'dgram'] as const)(
    'ticks on, lets the thread’s other work run, and drains what waited and no more, with %s',
    async (backend) => {
      const { flood, waiting, drained, floodedDrain } = await run(backend);
      expect(flood.jumps).toBeGreaterThanOrEqual(8);
      expect(flood.ticksAscend).toBe(true);
      // A slice is four batches, a tick is due after eight; on a busy machine fewer, with longer pauses.
      expect(flood.betweenTurns).toBeLessThan(100);
      expect(flood.betweenTicks).toBeLessThan(100);

      expect(Object.keys(drained)).toHaveLength(16);
      for (const [jumps, received] of Object.entries(drained)) expect(received, jumps).toBe(waiting);

      // What fits the kernel's 2 MiB, each datagram taking 320 bytes at least; the kernel lets the queue grow by a quarter more.
      for (const [jump, received] of Object.entries(floodedDrain)) expect(received, jump).toBeLessThan(10_000);
      expect(Object.keys(floodedDrain)).toHaveLength(backend === 'recvmmsg' ? 4 : 0);
    },
  );
});
