// What Weir writes to its log is JSON, a line for each thing, whatever the engine in it meets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** Without control groups, as in some containers: the engine's reader of them fails. */
const WITHOUT_GROUPS = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', 'sh'];

describe.runIf(needs('netns'))('the log of weir serve', () => {
  let folder: string;
  let weir: Weir;
  let load: Load;
  let httpPort: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-quiet-'));
    httpPort = await freeTcpPort();
    const udpPort = await freeUdpPort();
    load = new Load(udpPort);
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort, under: WITHOUT_GROUPS });
    await weir.ready();
  });
  afterEach(async () => {
    await load.close();
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Lines that are not JSON, but for the one that is for a person at a terminal. */
  const noise = () =>
    weir.output
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('{') && !/^ {2}Weir is ready: http/.test(line));

  it('has nothing of the engine: of its start, of queries that were given up, or that went beyond their limits', async () => {
    await load.send(3000);
    await weir.settles();
    const heavy =
      '/api/v1/top?from=now-1h&to=now&by=src_port,dst_port,src_addr,dst_addr&metrics=flows,bytes&resolution=flows';
    for (let time = 0; time < 20; time++) {
      const gone = new AbortController();
      const asked = fetch(`http://127.0.0.1:${httpPort}${heavy}`, { signal: gone.signal }).catch(() => {});
      setTimeout(() => gone.abort(), time * 3);
      await asked;
    }
    expect((await weir.get(heavy)).status).toBe(200);
    expect(noise()).toEqual([]);
    expect(weir.output).not.toMatch(/stack|QUERY_WAS_CANCELLED/);
  }, 120_000);
});
