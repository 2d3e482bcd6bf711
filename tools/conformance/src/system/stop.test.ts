import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLOWS_PER_DATAGRAM, Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** What is not gone this long after SIGTERM is killed, where nobody says otherwise. */
const KUBERNETES_GRACE_S = 30;

describe('weir serve', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-stop-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('loses nothing that was received when SIGTERM comes right after it', async () => {
    const DATAGRAMS = 3_000;
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const options = { folder, udpPorts: [udpPort], httpPort };
    const first = new Weir(options);
    await first.ready();
    const load = new Load(udpPort);
    await load.send(DATAGRAMS);
    await first.stop();
    await load.close();
    expect(first.exitCode).toBe(0);

    await expectAllStored(options, DATAGRAMS);
  }, 120_000);

  it('loses nothing and ends within the time that Kubernetes allows when the storing process does not answer', async () => {
    const DATAGRAMS = 300;
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const options = { folder, udpPorts: [udpPort], httpPort };
    const first = new Weir(options);
    await first.ready();
    process.kill(first.partPid('store') ?? 0, 'SIGSTOP');
    const load = new Load(udpPort);
    await load.send(DATAGRAMS);
    await first.stop(KUBERNETES_GRACE_S);
    await load.close();
    expect(first.exitCode).toBe(0);
    expect(first.output).toContain(
      'store did not stop within 12 s and was killed; the spool keeps what it had not loaded',
    );
    expect(first.waitingFiles()).not.toEqual([]);

    await expectAllStored(options, DATAGRAMS);
  }, 120_000);

  it('ends with the port and the setting when another program has the UDP port', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const weir = new Weir({ folder, udpPorts: [port], httpPort: await freeTcpPort() });
    try {
      await weir.ends();
      expect(weir.exitCode).toBeGreaterThan(0);
      expect(weir.output).toContain(String(port));
      expect(weir.output).toMatch(/listen[.-]ports/);
    } finally {
      taken.close();
      await weir.killAll();
    }
  }, 60_000);

  it('ends with the port and the setting when another program has the HTTP port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const weir = new Weir({ folder, udpPorts: [await freeUdpPort()], httpPort: port });
    try {
      await weir.ends();
      expect(weir.exitCode).toBeGreaterThan(0);
      expect(weir.output).toContain(String(port));
      expect(weir.output).toMatch(/http[.-]port/);
    } finally {
      taken.close();
      await weir.killAll();
    }
  }, 60_000);
});

/** The flows are numbered in their byte counters. */
function sumTo(last: number): number {
  return (last * (last + 1)) / 2;
}

/** Starts Weir once more on the same data: everything that was sent is stored exactly once. */
async function expectAllStored(options: ConstructorParameters<typeof Weir>[0], datagrams: number): Promise<void> {
  const weir = new Weir(options);
  try {
    await weir.ready();
    await weir.settles();
    const flows = datagrams * FLOWS_PER_DATAGRAM;
    expect(await weir.flows()).toEqual({ flows, bytes: sumTo(flows) });
  } finally {
    await weir.stop();
  }
}
