import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryGroup } from '../lab/memory-group.ts';
import { waitUntil } from '../lab/process.ts';
import { needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/**
 * Far below what the storing process takes: its engine alone is 180 MB. What it had before it came into the group is not counted, and
 * it needs more than this for the next flows.
 */
const TOO_LITTLE = 16 << 20;

const GROWTH = 60_000;

describe.runIf(needs('memory-cgroup'))('weir serve whose storing process has too little memory', () => {
  let folder: string;
  let group: MemoryGroup;
  let weir: Weir | undefined;
  let load: Load | undefined;
  let follow: NodeJS.Timeout | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-out-of-memory-'));
    group = new MemoryGroup();
  });
  afterEach(async () => {
    clearInterval(follow);
    try {
      await load?.close();
      await weir?.killAll();
    } finally {
      group.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('goes on collecting while the kernel kills it again and again, says why, and stores everything once it may have more', async () => {
    const udpPort = await freeUdpPort();
    const here = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort() });
    weir = here;
    load = new Load(udpPort);
    await here.ready();
    const first = here.partPid('store');
    load.start();
    await waitUntil(
      async () => (await here.flows()).flows > 0,
      () => `nothing is stored\n${here.output}`,
      30,
    );

    group.limit = TOO_LITTLE;
    // Every one that the supervisor starts goes in too, before it has grown.
    follow = setInterval(() => {
      const pid = here.partPid('store');
      if (pid !== undefined && !group.pids.includes(pid)) group.add(pid);
    }, 10);
    const before = here.collected('flows_spooled');
    const said = await here.refuses(/out of memory/);
    expect(JSON.parse(said).reasons).toEqual([
      expect.stringMatching(
        /^store ended \(SIGKILL, probably out of memory: .*lower store\.memory.*\); it is being started again$/,
      ),
    ]);
    await waitUntil(
      () => group.kills >= 2 && here.collected('flows_spooled') > before + GROWTH,
      () => `${group.kills} kills, ${here.collected('flows_spooled') - before} flows more in the spool\n${here.output}`,
      60,
    );
    expect(here.collected('flows_spool_failed')).toBe(0);
    expect(here.output).toMatch(
      /store ended \(SIGKILL, probably out of memory: .*collecting goes on into the spool, starting again/,
    );

    group.limit = undefined;
    await here.ready();
    await load.pause();
    await here.settles();
    const { last } = load;
    expect(await here.flows()).toEqual({ flows: last, bytes: (last * (last + 1)) / 2 });
    expect(await here.account('flows_stored')).toBe(last);
    expect(group.pids).toEqual([here.partPid('store')]);
    expect(here.partPid('store')).not.toBe(first);
  }, 180_000);
});
