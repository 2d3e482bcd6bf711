import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, waitUntil } from '../lab/process.ts';
import { needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** Room for an empty store and a little more. */
const SMALL = '48m';

describe.runIf(needs('netns'))('weir serve on a full disk', () => {
  let folder: string;
  let disk: string;
  let weir: Weir | undefined;
  let load: Load;

  /** Starts Weir with a file system of its own for one of its directories. */
  async function start(directory: 'store' | 'spool'): Promise<Weir> {
    disk = join(folder, 'data', directory);
    mkdirSync(disk, { recursive: true });
    run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL}`, 'weir-test', disk]);
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort });
    load = new Load(udpPort);
    await weir.ready();
    return weir;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-disk-'));
  });
  afterEach(async () => {
    await load.close();
    await weir?.stop();
    run('umount', ['--lazy', disk]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('goes on collecting while the store cannot be written, says so, and stores everything afterwards', async () => {
    const weir = await start('store');
    fill(disk);
    await load.send(2_000);
    const notReady = await refusal(weir);
    expect(notReady).toMatch(/store/);
    const waiting = () => weir.waitingFiles().length;
    await waitUntil(
      () => waiting() > 0,
      () => `nothing waits in the spool\n${weir.output}`,
      30,
    );
    const before = waiting();
    await load.send(1_000);
    await waitUntil(
      () => waiting() > before,
      () => `collecting does not go on\n${weir.output}`,
      30,
    );

    run('mount', ['-o', 'remount,size=2g', disk]);
    await weir.ready();
    await weir.settles();
    expect((await weir.flows()).flows).toBe(load.last);
  }, 180_000);

  it('counts what the spool cannot take, says so, and stores what comes when there is room again', async () => {
    const weir = await start('spool');
    const filler = fill(disk);
    await load.send(500);
    const notReady = await refusal(weir);
    expect(notReady).toMatch(/spool|collecting/);

    rmSync(filler);
    await weir.ready();
    const lost = load.last;
    await load.send(500);
    await weir.settles();
    const ended = async () => (await weir.account('flows_stored')) + (await weir.account('flows_spool_failed'));
    await waitUntil(
      async () => (await ended()) === load.last,
      () => `the ledger does not account for the ${load.last} flows that were sent\n${weir.output}`,
      30,
    );
    expect(await weir.account('flows_received')).toBe(load.last);
    const { flows } = await weir.flows();
    expect(flows).toBeGreaterThanOrEqual(load.last - lost);
    expect(await weir.account('flows_spool_failed')).toBe(load.last - flows);
    expect(await weir.account('flows_stored')).toBe(flows);
  }, 180_000);
});

/** Takes all room but a page; returns the file that does. */
function fill(disk: string): string {
  const file = join(disk, 'filler');
  for (let chunk = 1 << 20; chunk >= 4096; chunk >>= 1) {
    try {
      for (;;) {
        const { bavail, bsize } = statfsSync(disk);
        if (bavail * bsize < chunk) break;
        writeFileSync(file, new Uint8Array(chunk), { flag: 'a' });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return file;
}

/** Waits until /readyz refuses and returns what it says. */
async function refusal(weir: Weir): Promise<string> {
  let said = '';
  await waitUntil(
    async () => {
      const { status, body } = await weir.get('/readyz');
      said = body;
      return status === 503;
    },
    () => `/readyz still says ${said}\n${weir.output}`,
    60,
  );
  return said;
}
