// A Weir whose clock is set hours, days and a year ahead, and back: a library shows all of its processes the time that a file says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusAnswer } from '@weir/query';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { libfaketime, needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

describe.runIf(needs('libfaketime'))('weir serve whose clock jumps', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  let start: () => Promise<void>;
  const setClock = (by: string) => writeFileSync(join(folder, 'clock'), `${by}\n`);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-clock-'));
    setClock('+0');
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    load = new Load(udpPort);
    start = async () => {
      weir = new Weir({
        folder,
        udpPorts: [udpPort],
        httpPort,
        env: {
          LD_PRELOAD: libfaketime() ?? '',
          FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      });
      await weir.ready();
    };
    await start();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Flows in the store, whatever time they are of. */
  const stored = async () => (await weir.ask<{ store: { rows: number } }>('/api/v1/status')).store.rows;
  const says = (what: RegExp) =>
    waitUntil(
      async () => what.test((await weir.get('/readyz')).body),
      () => `/readyz never says ${what}\n${weir.output}`,
      150,
    );

  it('receives and stores on while it jumps three hours ahead, a day back, more than a year ahead, and back, and loses nothing', async () => {
    const parts = () => [weir.partPid('collect'), weir.partPid('store')];
    const before = parts();
    load.start(20_000);
    for (const by of ['+3h', '-1d', '+400d', '+0']) {
      setClock(by);
      // Flows that came after the jump are received and stored, each time.
      const [had, sent] = [await stored(), load.last];
      await waitUntil(
        async () => (await stored()) >= sent + 20_000,
        () => `with a clock of ${by}, nothing is stored beyond ${had} flows\n${weir.output}`,
        30,
      );
      const { ready, collectors } = await weir.ask<StatusAnswer>('/api/v1/status');
      expect([ready, collectors.map(({ stale }) => stale)], by).toEqual([true, [false]]);
      expect((await weir.get('/readyz')).status, by).toBe(200);
    }
    await load.pause();
    await weir.settles();
    const { total } = await weir.balanced();
    expect(total).toMatchObject({ flows_received: load.last, flows_stored: load.last });
    expect(total.kernel_dropped ?? 0).toBe(0);
    await waitUntil(
      async () => (await stored()) === load.last,
      () => weir.output,
      30,
    );
    // Nobody took another for dead.
    expect(parts()).toEqual(before);
  }, 180_000);

  it('drops nothing for its age, says so until the clock is right again, and stores meanwhile', async () => {
    await load.send(1000);
    await weir.settles();
    await waitUntil(
      async () => (await stored()) === load.last,
      () => weir.output,
      30,
    );
    setClock('+400d');
    await says(/^degraded: the clock of this machine jumped 400 days ahead: no data is dropped for its age/m);
    expect(await stored()).toBe(load.last);
    await load.send(100);
    await weir.settles();
    await waitUntil(
      async () => (await stored()) === load.last,
      () => weir.output,
      30,
    );

    // It knows across a restart what the time was.
    await weir.stop();
    await start();
    await says(/^degraded: the clock of this machine jumped 400 days ahead/m);
    expect(await stored()).toBe(load.last);
    setClock('+0');
    await says(/^ready\n$/);
    expect(await stored()).toBe(load.last);
  }, 600_000);
});
