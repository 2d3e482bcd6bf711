import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, waitUntil } from '../lab/process.ts';
import { needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** More than what comes while the store is away: the collecting process told of it at least twice. */
const GROWTH = 60_000;

describe.runIf(needs('netns'))('weir serve whose store cannot be written', () => {
  let folder: string;
  let disk: string;
  let weir: Weir | undefined;
  let load: Load;
  let udpPort: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-read-only-'));
    disk = join(folder, 'data', 'store');
    mkdirSync(disk, { recursive: true });
    run('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'weir-test', disk]);
    udpPort = await freeUdpPort();
    load = new Load(udpPort);
  });
  afterEach(async () => {
    try {
      await load.close();
      await weir?.stop();
    } finally {
      // Twice where a test failed while one lay over the other.
      while (run('cat', ['/proc/self/mounts']).includes(` ${disk} `)) run('umount', ['--lazy', disk]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  async function start(): Promise<Weir> {
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort() });
    return weir;
  }

  /** What must hold while the store cannot be written. */
  async function collects(weir: Weir): Promise<void> {
    const said = await weir.refuses(/cannot be written/);
    expect(JSON.parse(said).reasons.join()).toMatch(
      new RegExp(`${disk} cannot be written.*make its file system and its permissions writable`),
    );
    expect((await weir.get('/livez')).status).toBe(200);
    const before = weir.collected('flows_spooled');
    await waitUntil(
      () => weir.collected('flows_spooled') > before + GROWTH,
      () => `collecting does not go on\n${weir.output}`,
      30,
    );
    expect(weir.collected('flows_spool_failed')).toBe(0);
  }

  /** What must hold once it can be: nobody started anything again. */
  async function hasAll(weir: Weir): Promise<void> {
    await weir.ready();
    await load.pause();
    await weir.settles();
    expect(await weir.flows()).toEqual({ flows: load.last, bytes: (load.last * (load.last + 1)) / 2 });
    expect(await weir.account('flows_stored')).toBe(load.last);
  }

  it('goes on collecting when its file system turns read-only, says so, and stores everything once it is writable', async () => {
    const weir = await start();
    await weir.ready();
    const storing = weir.partPid('store');
    load.start();
    await waitUntil(
      async () => (await weir.flows()).flows > 0,
      () => `nothing is stored\n${weir.output}`,
      30,
    );
    // A file system with files open for writing, which the engine has, cannot be remounted; so the same one goes over it,
    // read-only, and all that is opened from now on meets that.
    run('mount', ['--bind', disk, disk]);
    run('mount', ['-o', 'remount,bind,ro', disk]);
    await collects(weir);

    run('umount', ['--lazy', disk]);
    await hasAll(weir);
    expect(weir.partPid('store')).toBe(storing);
  }, 180_000);

  it('collects although its file system is read-only from the start, says so, and stores everything once it is writable', async () => {
    run('mount', ['-o', 'remount,ro', disk]);
    const weir = await start();
    await weir.receives();
    load.start();
    await collects(weir);
    expect(weir.output).toContain(`store ended (exit 1): ${disk} cannot be written (EROFS)`);

    run('mount', ['-o', 'remount,rw', disk]);
    await hasAll(weir);
  }, 180_000);
});
