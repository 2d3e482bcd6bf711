// A reload: the processes are replaced by new ones under load, with the configuration as it is now, and no datagram is lost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { command } from './command.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

const EXPORTERS = 4;
const FLOWS_PER_SECOND = 150_000;

/** Sum of the bytes of flows `first` to `last`, whose numbers they are. */
const bytesOf = (first: number, last: number) => ((first + last) * (last - first + 1)) / 2;

describe('a reload of weir serve', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-reload-'));
    const udpPort = await freeUdpPort();
    load = new Load(udpPort, EXPORTERS);
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort() });
    await weir.ready();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const reload = () => command(['reload', '-c', weir.config]);
  const pids = () => [weir.pid, weir.partPid('collect'), weir.partPid('store')];
  const logged = (what: string | RegExp, times = 1) =>
    waitUntil(
      () => weir.output.split(what).length > times,
      () => `the log does not say ${what}\n${weir.output}`,
      60,
    );

  it('loses nothing under load, whether asked by command or by SIGHUP', async () => {
    load.start(FLOWS_PER_SECOND);
    await weir.reads();
    const before = pids();
    expect(await reload()).toEqual({ code: 0, stdout: 'reloaded\n', stderr: '' });
    const between = pids();
    weir.hangup();
    await logged('"msg":"reloaded"', 2);
    await weir.ready();
    await weir.reads();
    await load.pause();
    await weir.settles();
    const { exporters, total } = await weir.balanced();

    expect(total.kernel_dropped ?? 0).toBe(0);
    const received = exporters.map(({ address, counts }) => [address, counts.datagrams_received]);
    expect(Object.fromEntries(received)).toEqual(load.datagrams);
    expect(total.flows_stored).toBe(load.last);
    expect(await weir.flows()).toEqual({ flows: load.last, bytes: bytesOf(1, load.last) });
    // The supervisor is the same, and the others were replaced each time.
    const after = pids();
    expect([between[0], after[0]]).toEqual([before[0], before[0]]);
    expect(new Set([...before, ...between, ...after]).size).toBe(7);
    expect(weir.output).not.toMatch(/starting again|was killed/);
  }, 120_000);

  it('brings in what was changed; what has a mistake changes nothing, and the log says why', async () => {
    await load.send(10);
    await weir.settles();
    const first = load.last;
    weir.configure({ sampling: { default_rate: 7 } });
    expect(await reload()).toEqual({ code: 0, stdout: 'reloaded\n', stderr: '' });
    await load.send(10);
    await weir.ready();
    await weir.settles();
    const bytes = bytesOf(1, first) + 7 * bytesOf(first + 1, load.last);
    expect(await weir.flows()).toEqual({ flows: load.last, bytes });

    const before = pids();
    writeFileSync(weir.config, `${JSON.stringify({ data: join(folder, 'data'), sampling: { default_rate: -1 } })}\n`);
    const { code, stderr } = await reload();
    expect(code).not.toBe(0);
    expect(stderr).toContain('sampling.default_rate');
    weir.hangup();
    await logged('reload: everything goes on as it was');
    expect(weir.output).toMatch(/"reload: [^"]*sampling\.default_rate/);

    // One that only the collecting process finds.
    weir.configure({ inventory: join(folder, 'nobody-wrote.yaml') });
    const refused = await reload();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/the reload failed; Weir goes on as it was\n.*nobody-wrote\.yaml/s);
    expect(pids()).toEqual(before);
    const last = load.last;
    await load.send(10);
    await weir.settles();
    expect(await weir.flows()).toEqual({ flows: load.last, bytes: bytes + 7 * bytesOf(last + 1, load.last) });
  }, 120_000);
});
