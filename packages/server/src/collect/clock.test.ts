import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { leftIn, STORE, waitingFor } from '@weir/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatuses } from '../status.ts';

const HOUR = 3_600_000;
/** Ahead, back, far ahead, and right again: each is another time than the one before. */
const JUMPS = [3 * HOUR, -24 * HOUR, 400 * 24 * HOUR, 0];
const CHILD = fileURLToPath(new URL('testdata/collector-child.ts', import.meta.url));
const SET_CLOCK = new URL('testdata/set-clock.ts', import.meta.url).href;

let dir: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-collect-clock-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** A NetFlow v5 message with one flow. */
function message(): Uint8Array {
  const bytes = new Uint8Array(24 + 48);
  bytes.set([0, 5, 0, 1]);
  return bytes;
}

describe('the collecting process while the wall clock jumps', () => {
  it('completes spool files and tells of itself as often as before', async () => {
    const clock = join(dir, 'clock');
    const setClock = (ms: number) => writeFileSync(clock, String(ms));
    setClock(0);
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const probe = createSocket('udp4').bind(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    const spool = join(dir, 'spool');
    const collecting = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', SET_CLOCK, CHILD, spool, String(port)],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, CLOCK_FILE: clock } },
    );
    child = collecting;
    const ended = once(collecting, 'exit');
    await once(collecting.stdout, 'data');

    const files = () => waitingFor(spool, STORE).length;
    const told = () => readStatuses(spool)[0]?.lanes[0]?.datagrams ?? 0;
    let sent = 0;
    const sending = setInterval(() => {
      sent++;
      socket.send(message(), port, '127.0.0.1');
    }, 20);
    for (const jump of JUMPS) {
      // In the middle of a file, and of the time between two reports.
      while (leftIn(spool).length === 0) await sleep(10);
      const [had, before] = [files(), told()];
      setClock(jump);
      while (files() < had + 2 || told() === before) await sleep(10);
    }
    clearInterval(sending);
    while (told() < sent) await sleep(10);

    collecting.stdin.end();
    expect((await ended)[0]).toBe(0);
    expect(told()).toBe(sent);
    socket.close();
  });
});
