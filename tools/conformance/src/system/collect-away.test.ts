// How often and how long nobody read, told of a collecting process that was killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

describe('weir serve whose collecting process is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-collect-away-'));
  let weir: Weir;
  beforeAll(async () => {
    weir = new Weir({ folder, udpPorts: [await freeUdpPort()], httpPort: await freeTcpPort() });
    await weir.ready();
  });
  afterAll(async () => {
    await weir.killAll();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Value of a metric of the collector. */
  async function metric(name: string): Promise<number> {
    const { body } = await weir.get('/metrics');
    return Number(new RegExp(`^${name}\\{collector="local"\\} (\\S+)$`, 'm').exec(body)?.[1] ?? Number.NaN);
  }

  async function warnings(): Promise<string[]> {
    const { collectors } = await weir.ask<{ collectors: { warnings: string[] }[] }>('/api/v1/status');
    return collectors[0].warnings.filter((text) => text.includes('collecting process'));
  }

  it('tells how often and how long nobody read, and that datagrams waited in the sockets meanwhile', async () => {
    await waitUntil(
      async () => (await metric('weir_collector_restarts_total')) === 0,
      () => `the collecting process does not tell of itself\n${weir.output}`,
      30,
    );
    expect(await metric('weir_collector_down_seconds_total')).toBe(0);
    expect(await warnings()).toEqual([]);

    for (const kills of [1, 2]) {
      const before = await metric('weir_collector_down_seconds_total');
      weir.killPart('collect');
      await waitUntil(
        async () => (await metric('weir_collector_restarts_total')) === kills,
        () => `no restart ${kills} in the metrics\n${weir.output}`,
        30,
      );
      expect(await metric('weir_collector_down_seconds_total')).toBeGreaterThan(before);
    }
    expect(await warnings()).toEqual([
      expect.stringMatching(
        /^the collecting process died and was started again 2 times, last at \S+Z: for \d+\.\d s in all nobody read; what exporters sent meanwhile waited in the sockets; what did not fit is counted as kernel_dropped$/,
      ),
    ]);
    expect(
      weir.output.match(/collect receives again after \d+\.\d s; what exporters sent meanwhile waited in the sockets/g),
    ).toHaveLength(2);
  }, 120_000);
});
