// Many whole Weirs that are started at the same moment with one data directory.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Daemon, waitUntil } from '../lab/process.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { serveCommand, Weir } from './weir.ts';

/** Rounds of as many starts: a hundred in all. */
const ROUNDS = 4;
const STARTS = 20;

describe('weir serve, started many times at once with one data directory', () => {
  let folder: string;
  let weir: Weir;
  let started: Daemon[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-owners-'));
    weir = new Weir({ folder, udpPorts: [await freeUdpPort()], httpPort: await freeTcpPort() });
    started = [];
  });
  afterEach(async () => {
    for (const daemon of started) daemon.killNow();
    await weir.killAll();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts so many at once, and answers when all but `owners` of them have ended. */
  async function startAll(owners: number): Promise<{ running: Daemon[]; refused: Daemon[] }> {
    const [program, ...args] = serveCommand(weir.config);
    // Kept between them, what they compile is half of what they cost.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    started = Array.from({ length: STARTS }, () => new Daemon(program, args, { env }));
    const running = () => started.filter(({ alive }) => alive);
    await waitUntil(
      () => running().length <= owners,
      () =>
        running()
          .map(({ output }) => output)
          .join('\n'),
      120,
    );
    const refused = started.filter(({ alive }) => !alive);
    await Promise.all(refused.map((daemon) => daemon.ended()));
    return { running: running(), refused };
  }

  const expectRefused = (refused: readonly Daemon[], owner: number) => {
    for (const { exitCode, output } of refused) {
      expect(output).toContain(`${join(folder, 'data')} is in use by the Weir with process id ${owner} on `);
      expect(exitCode).toBe(2);
    }
  };

  it('is one Weir each time; each of the others ends, and says which has it', async () => {
    await weir.killAll();
    for (let round = 0; round < ROUNDS; round++) {
      rmSync(join(folder, 'data'), { recursive: true, force: true });
      const { running, refused } = await startAll(1);
      expect([running.length, refused.length]).toEqual([1, STARTS - 1]);
      const [owner] = running;
      expectRefused(refused, owner.pid);
      expect(JSON.parse(readFileSync(join(folder, 'data/weir.lock'), 'utf8')).pid).toBe(owner.pid);
      owner.killNow();
      await owner.ended();
    }
  }, 300_000);

  it('leaves the files of the one that has it alone', async () => {
    await weir.ready();
    // So that nobody but the others could change anything.
    const own = [weir.pid, weir.partPid('collect'), weir.partPid('store')].filter((pid) => pid !== undefined);
    for (const pid of own) process.kill(pid, 'SIGSTOP');
    await waitUntil(
      () => own.every(isStopped),
      () => 'it does not stop',
      10,
    );
    const before = everythingIn(join(folder, 'data'));
    expect(before).toContain('/weir.lock ');
    const { refused } = await startAll(0);
    expectRefused(refused, weir.pid);
    expect(everythingIn(join(folder, 'data'))).toBe(before);
  }, 120_000);
});

/** Whether all threads of a process have stopped. */
const isStopped = (pid: number): boolean =>
  !existsSync(`/proc/${pid}`) || /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** Each file and directory with its inode, size, mode, and when it and its inode changed last. */
function everythingIn(path: string): string {
  const found = execFileSync('find', [path, '-printf', '%p %i %s %m %T@ %C@\n'], { encoding: 'utf8' });
  return found.split('\n').sort().join('\n');
}
