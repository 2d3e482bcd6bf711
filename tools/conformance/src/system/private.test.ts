import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../lab/process.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir } from './weir.ts';

/** What is at a path or below it and group or others may read, write or enter; each with its mode. */
const openTo = (path: string) =>
  execFileSync('find', [path, '-perm', '/077', '-not', '-type', 'l', '-printf', '%m %P\n'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

describe('what weir serve writes', () => {
  let folder: string;
  let weir: Weir;
  const data = () => join(folder, 'data');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-private-'));
    // As somebody with another umask made it, or put it back from a backup.
    for (const directory of ['', 'spool', 'spool/consumers', 'spool/consumers/store', 'store']) {
      mkdirSync(join(data(), directory), { recursive: true });
      chmodSync(join(data(), directory), 0o755);
    }
    writeFileSync(join(data(), 'weir.lock'), '');
    chmodSync(join(data(), 'weir.lock'), 0o644);
    const udpPort = await freeUdpPort();
    weir = new Weir({ folder, udpPorts: [udpPort], httpPort: await freeTcpPort(), settings: { demo: true } });
    await weir.ready();
    await waitUntil(
      async () => (await weir.flows()).flows > 1_000,
      () => `the demo's flows are not stored\n${weir.output}`,
      60,
    );
  }, 120_000);
  afterAll(async () => {
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('can be read by its user alone, what the embedded engine writes and what was there before included', () => {
    expect(execFileSync('find', [data(), '-name', '*.bin'], { encoding: 'utf8' })).not.toBe('');
    expect(openTo(data())).toEqual([]);
    expect(weir.output).toContain('could be read by others, and now only by this user');
  });
});
