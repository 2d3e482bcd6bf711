// Processes that hang: stopped by a signal, they do nothing and do not end. The supervisor notices, says so, and starts others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { FLOWS_PER_DATAGRAM, Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** Milliseconds that a probe may take. */
const PROMPT_MS = 100;

describe('weir serve whose collecting and storing processes hang', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-hang-'));
    const udpPort = await freeUdpPort();
    load = new Load(udpPort);
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort() });
    await weir.ready();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('names them, kills them, starts them again, answers probes meanwhile, and loses nothing but what was in memory', async () => {
    load.start();
    await waitUntil(
      async () => (await weir.flows()).flows > 0,
      () => `nothing is stored\n${weir.output}`,
      30,
    );
    const hanging = { collect: weir.partPid('collect') ?? 0, store: weir.partPid('store') ?? 0 };
    for (const pid of Object.values(hanging)) process.kill(pid, 'SIGSTOP');
    const took: number[] = [];
    const reasons = new Set<string>();
    await waitUntil(
      async () => {
        const began = performance.now();
        expect((await weir.get('/livez')).status).toBe(200);
        took.push(performance.now() - began);
        const { status, body } = await weir.get('/readyz');
        if (status === 503) for (const reason of JSON.parse(body).reasons) reasons.add(reason);
        return status === 200 && weir.output.includes('collect receives again');
      },
      () => `they do not come back\n${weir.output}`,
      120,
    );
    const said = [...reasons].join('\n');
    expect(said).toMatch(/^the collecting process local has not told of itself for \d+ s: it hangs, or cannot write /m);
    expect(said).toMatch(/^the storing process has not told of itself for \d+ s: it hangs, or cannot write /m);
    expect(said).toMatch(/^store ended .*: it did not answer for 10 s and was killed; it is being started again$/m);
    expect(weir.output).toMatch(/"store ended [^"]*: it did not answer for 10 s and was killed; collecting goes on/);
    expect(weir.output).toMatch(
      /"collect ended [^"]*: it did not answer for 10 s and was killed; datagrams wait in the sockets/,
    );
    for (const [part, pid] of Object.entries(hanging)) expect(weir.partPid(part as keyof typeof hanging)).not.toBe(pid);
    // Most of them: this machine may be busy with others just then. One that the processes delay takes until they are killed.
    took.sort((one, other) => one - other);
    expect(took[Math.floor(took.length * 0.75)]).toBeLessThan(PROMPT_MS);
    expect(took.at(-1)).toBeLessThan(5_000);

    await sleep(500);
    await load.pause();
    await weir.settles();
    const { total } = await weir.balanced();
    expect(total.kernel_dropped ?? 0).toBe(0);
    expect(total.datagrams_received).toBe(load.last / FLOWS_PER_DATAGRAM);
    const { flows_lost_with_process: flows = 0, datagrams_lost_with_process: datagrams = 0 } = total;
    expect(total.flows_stored).toBe(load.last - flows - datagrams * FLOWS_PER_DATAGRAM);
    expect((await weir.flows()).flows).toBe(total.flows_stored);
    // A second of what came, at most: it hung for more than ten.
    expect(flows).toBeLessThan(60_000);
  }, 180_000);
});
