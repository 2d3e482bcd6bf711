// The store of a running Weir is damaged, checked, repaired, backed up and restored, with the commands that people use.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { command } from './command.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** Turns a bit in many places of a file, so that every column is among them. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  for (let place = 0; place < 256; place++) bytes[Math.floor((bytes.length * place) / 256)] ^= 0x10;
  writeFileSync(path, bytes);
}

describe('the store of weir serve', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  let udpPort: number;
  let httpPort: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-store-care-'));
    [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    load = new Load(udpPort);
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort });
    await weir.ready();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const again = async () => {
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort });
    await weir.ready();
  };
  const store = (name: string, ...args: string[]) => command(['store', name, '-c', weir.config, ...args]);
  const sent = async (datagrams: number) => {
    await load.send(datagrams);
    await weir.settles();
  };
  /** Data of every part of flows that is there. */
  const flowData = () => {
    const flows = join(weir.store, 'data', 'weir', 'flows');
    return readdirSync(flows)
      .filter((name) => /^\d+_\d+_\d+_\d+$/.test(name))
      .map((name) => join(flows, name, 'data.bin'))
      .filter((path) => existsSync(path));
  };
  const balance = async () => ({
    stored: await weir.account('flows_stored'),
    damaged: await weir.account('flows_store_damaged'),
    flows: (await weir.flows()).flows,
  });
  const ready = async (what: RegExp) =>
    waitUntil(
      async () => what.test((await weir.get('/readyz')).body),
      () => `/readyz never says ${what}\n${weir.output}`,
      60,
    );

  it('says what is damaged wherever it is asked, goes on storing, and is whole after a repair', async () => {
    await sent(1000);
    expect((await store('check')).code).toBe(0);
    for (const path of flowData()) flip(path);
    const { status, body } = await weir.get('/api/v1/flows?from=now-1h&to=now');
    expect([status, JSON.parse(body)]).toEqual([
      500,
      expect.objectContaining({
        type: 'urn:weir:problem:store_damaged',
        detail: expect.stringMatching(
          /^Part \d+_\d+_\d+_\d+ of flows is damaged: run weir store check, then weir store repair\./,
        ),
      }),
    ]);
    await ready(
      /^ready\ndegraded: part \d+_\d+_\d+_\d+ of flows is damaged .*: run weir store check, then weir store repair$/m,
    );
    const checked = await store('check');
    expect([checked.code, checked.stdout]).toEqual([
      3,
      expect.stringMatching(/^damaged: part \S+ of flows, [\d,]+ rows from /m),
    ]);

    await sent(100);
    expect(await weir.account('flows_stored')).toBe(load.last);
    const repaired = await store('repair');
    expect([repaired.code, repaired.stdout]).toEqual([
      0,
      expect.stringMatching(/30,000 flows are lost: counted under flows_store_damaged/),
    ]);
    await ready(/^ready\n$/);
    const { stored, damaged, flows } = await balance();
    expect([stored, stored - damaged]).toEqual([load.last, flows]);
    expect(damaged).toBeGreaterThan(0);
    expect((await store('check')).code).toBe(0);
    await sent(10);
    expect(await balance()).toEqual({ stored: load.last, damaged, flows: load.last - damaged });
  }, 240_000);

  it('accounts for what it could not read when it started, once', async () => {
    await sent(1000);
    await weir.stop();
    for (const path of flowData()) truncateSync(path, 100);
    await again();
    await waitUntil(
      async () => (await weir.account('flows_store_damaged')) === load.last,
      () => `it is not accounted for\n${weir.output}`,
      60,
    );
    expect(weir.output).toMatch(/was broken when the store started, and is kept in detached/);
    await sent(100);
    await weir.stop();
    await again();
    await sent(1);
    const { stored, damaged, flows } = await balance();
    expect([stored, damaged, flows]).toEqual([load.last, 30_000, load.last - 30_000]);
    expect((await store('check')).code).toBe(0);
  }, 240_000);

  it('is backed up while it is written, and comes back as it was, counts and all', async () => {
    load.start();
    await waitUntil(
      async () => (await weir.account('flows_stored')) > 60_000,
      () => `nothing is stored\n${weir.output}`,
      60,
    );
    const backup = join(folder, 'backup');
    const made = await store('backup', backup);
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^\S+: [\d,]+ flows, [\d,]+ files, /)]);
    const next = await store('backup', join(folder, 'next'), '--base', backup);
    expect(next.code).toBe(0);
    expect((await store('backup', backup)).stderr).toContain('is there already');
    await load.pause();
    await weir.settles();
    const before = await weir.flows();
    expect((await store('restore', backup)).stderr).toMatch(/stop the Weir with process id \d+ first/);
    await weir.stop();

    expect((await store('restore', backup)).stderr).toContain('move it away first');
    renameSync(weir.store, `${weir.store}.old`);
    rmSync(backup, { recursive: true });
    const restored = await store('restore', join(folder, 'next'));
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    expect((await store('check')).code).toBe(0);
    await again();
    const { stored, damaged, flows } = await balance();
    expect([stored, damaged]).toEqual([flows, 0]);
    expect(flows).toBeGreaterThan(60_000);
    expect(flows).toBeLessThanOrEqual(before.flows);
    await sent(10);
    expect((await balance()).flows).toBe(flows + 300);
  }, 240_000);
});
