// kill -9 of the collecting process again and again under heavy load: the supervisor holds the sockets, so that nothing is lost but what was in
// the memory of a process that was killed, and all of that is in an account.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLOWS_PER_DATAGRAM, Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

const KILLS = 20;
const FLOWS_PER_SECOND = 300_000;
const EXPORTERS = 8;
/** Takes forty seconds of that. The default takes ten, and a machine that is busy with others may need longer to start a process. */
const RECEIVE_BUFFER = '512MiB';
/**
 * When a collecting process is killed, in turn: while it works, as soon as it reads what waits in the sockets, while it works, while it
 * starts. One that has worked for two seconds is started again at once; after the others the next waits for longer.
 */
const MOMENTS = ['working', 'reading', 'working', 'starting'] as const;

describe('weir serve whose collecting process is killed twenty times under 300,000 flows a second', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-collect-kills-'));
    const udpPort = await freeUdpPort();
    const listen = { host: '127.0.0.1', ports: [udpPort], lanes: 1, receive_buffer: RECEIVE_BUFFER };
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort(), settings: { listen } });
    load = new Load(udpPort, EXPORTERS);
    await weir.ready();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('receives every datagram, and has each flow in the store or in the account of what was in memory, for each exporter', async () => {
    load.start(FLOWS_PER_SECOND);
    let pid = weir.partPid('collect');
    for (let kill = 0; kill < KILLS; kill++) {
      const moment = MOMENTS[kill % MOMENTS.length];
      if (moment !== 'starting') await weir.reads();
      if (moment !== 'reading') await sleep(moment === 'working' ? 1600 : 250);
      process.kill(pid ?? 0, 'SIGKILL');
      pid = await weir.successor('collect', pid);
    }
    await weir.reads();
    await load.pause();
    await weir.settles();
    const { exporters, total } = await weir.balanced();

    expect(total.kernel_dropped ?? 0).toBe(0);
    const received = exporters.map(({ address, counts }) => [address, counts.datagrams_received]);
    expect(Object.fromEntries(received)).toEqual(load.datagrams);
    for (const { address, counts, differences } of exporters) {
      const { datagrams_received = 0, datagrams_lost_with_process = 0, flows_lost_with_process = 0 } = counts;
      const flows = (datagrams_received - datagrams_lost_with_process) * FLOWS_PER_DATAGRAM;
      expect({ address, differences, ...counts }).toEqual({
        ...counts,
        address,
        differences: differences.map(() => 0),
        flows_received: flows,
        flows_stored: flows - flows_lost_with_process,
      });
    }
    expect((await weir.flows()).flows).toBe(total.flows_stored);
    // That there was something to lose, and that most of it was not lost.
    expect(total.flows_lost_with_process).toBeGreaterThan(0);
    expect(total.flows_stored).toBeGreaterThan(load.last / 2);
  }, 400_000);
});
