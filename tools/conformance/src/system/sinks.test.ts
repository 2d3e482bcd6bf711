// `weir serve` with sinks, whose process is killed again and again under load: the store has every flow, and so have the files, once.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** Each costs the next process a longer wait. */
const KILLS = 6;

describe('weir serve, whose sinks are killed under load', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-sinks-'));
  });
  afterEach(async () => {
    await load?.close();
    await weir?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const pathOf = (sink: string) => join(folder, 'out', sink);

  /** Lines of a sink's complete files. */
  function linesIn(sink: string): string[] {
    const files = existsSync(pathOf(sink)) ? readdirSync(pathOf(sink)).filter((file) => file.endsWith('.ndjson')) : [];
    return files.flatMap((file) =>
      readFileSync(join(pathOf(sink), file), 'utf8')
        .trimEnd()
        .split('\n'),
    );
  }

  /** Numbers of the flows in them, in order; a flow's bytes are its number. */
  function numbersIn(sink: string): number[] {
    const numbers = linesIn(sink).map((line) => {
      const flow = JSON.parse(line) as { bytes: number; exporter_address: string };
      // Names come before the first flow that mentions them.
      expect(flow.exporter_address).toBe('127.0.0.1');
      return flow.bytes;
    });
    return numbers.sort((a, b) => a - b);
  }

  it('has every flow in the store and in the files, once, and counts all of them', async () => {
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const common = { type: 'files', fields: ['bytes', 'exporter_address'], rotate: { size: '1MiB', age: '1s' } };
    weir = new Weir({
      folder,
      udpPorts: [udpPort],
      httpPort,
      settings: {
        spool: { max_age: '200ms' },
        store: { memory: '600MiB' },
        sinks: [
          { ...common, name: 'all', path: pathOf('all') },
          { ...common, name: 'few', path: pathOf('few'), filter: 'bytes <= 3000' },
        ],
      },
    });
    load = new Load(udpPort);
    await weir.ready();
    for (let kills = 0; kills < KILLS; kills++) {
      load.start();
      await sleep(300 + 100 * kills);
      const before = await weir.successor('sinks', undefined);
      weir.killPart('sinks');
      await load.pause();
      await weir.successor('sinks', before);
    }
    const all = load.last;
    await waitUntil(
      () => linesIn('all').length >= all,
      () => `${linesIn('all').length} of ${all} flows in files\n${weir.output}`,
      60,
    );
    expect(numbersIn('all')).toEqual(Array.from({ length: all }, (_, index) => index + 1));
    expect((await weir.flows()).flows).toBe(all);
    expect(numbersIn('few')).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1));
    const counted = async () => (await weir.balanced()).sinks;
    await waitUntil(
      async () => (await counted()).all?.flows_sent === all,
      () => `not every flow is counted\n${weir.output}`,
      30,
    );
    expect(await counted()).toEqual({
      all: { flows_offered: all, flows_sent: all },
      few: { flows_offered: all, flows_sent: 3000, flows_filtered: all - 3000 },
    });
  }, 300_000);
});
