// Socket activation: systemd opens the sockets and starts Weir when the first datagram comes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

describe.runIf(needs('systemd-socket-activate'))('weir serve started by systemd with its socket', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  let udpPort: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-activation-'));
    udpPort = await freeUdpPort();
    load = new Load(udpPort);
    weir = new Weir({
      folder,
      // Not where the socket is: what systemd passes goes before listen.ports.
      udpPorts: [await freeUdpPort()],
      httpPort: await freeTcpPort(),
      under: ['systemd-socket-activate', '-d', '-l', `127.0.0.1:${udpPort}`, '--fdname=flows'],
    });
    await waitUntil(
      () => weir.output.includes(`Listening on 127.0.0.1:${udpPort}`),
      () => `it does not listen\n${weir.output}`,
      10,
    );
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('receives on it what comes, and what came before it was there, also when its collecting process is killed', async () => {
    // The first starts it. The others are there before it can be.
    await load.send(20);
    expect((await weir.get('/livez')).status).toBe(0);
    await weir.ready();
    expect(weir.output).toContain(`listening for NetFlow, IPFIX and sFlow on 127.0.0.1, UDP ${udpPort} (`);
    await load.send(100);
    await weir.settles();
    const before = weir.partPid('collect');
    weir.killPart('collect');
    await load.send(100);
    await weir.successor('collect', before);
    await weir.reads();
    await weir.settles();
    const { total } = await weir.balanced();
    expect(total).toMatchObject({ flows_received: load.last, flows_stored: load.last });
    expect(await weir.flows()).toEqual({ flows: load.last, bytes: (load.last * (load.last + 1)) / 2 });
  }, 120_000);
});
