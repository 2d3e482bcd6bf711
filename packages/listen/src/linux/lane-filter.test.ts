import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { libcUnavailable } from '@weir/libc';
import { describe, expect, it } from 'vitest';
import type { Spread } from '../testing/spread-sources.ts';

const SCRIPT = fileURLToPath(new URL('../testing/spread-sources.ts', import.meta.url));
const LANES = 3;
const EACH = 6;
/** Root may make a network namespace; others may in a user namespace, where the system allows it. */
const UNSHARE = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
const why =
  libcUnavailable() ??
  (spawnSync('unshare', [...UNSHARE, 'ip', 'link']).status === 0 ? undefined : 'needs unshare and ip');

function spread(host: string, target: string, sources: readonly string[]): Spread {
  const command = [...UNSHARE, process.execPath, SCRIPT, host, target, String(LANES), String(EACH), ...sources];
  const { status, stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Spread;
}

/** Every source in one lane with all of its datagrams, and every lane with some of the sources. */
function expectOneLaneEach({ warnings, sources }: Spread, sent: readonly string[]): void {
  expect(warnings.filter((text) => text.includes('lanes'))).toEqual([]);
  expect(Object.keys(sources).sort()).toEqual([...sent].sort());
  for (const [source, lanes] of Object.entries(sources)) {
    expect([...lanes].sort(), source).toEqual([...new Array<number>(LANES - 1).fill(0), EACH]);
  }
  for (let lane = 0; lane < LANES; lane++) {
    expect(Object.values(sources).filter((lanes) => lanes[lane] > 0).length).toBeGreaterThan(sent.length / 10);
  }
}

const hosts = (count: number, address: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => address(n + 1));

describe('choosing a lane by source address', () => {
  if (why !== undefined) {
    it(why, (context) => {
      if (process.env.CI === 'true') throw new Error(why);
      context.skip(why);
    });
  }

  // Addresses that differ in their last, third, second and first word: all of them count.
  it.runIf(why === undefined).each([
    ['host', (n: number) => `2001:db8::${n.toString(16)}`],
    ['third word', (n: number) => `2001:db8::${n.toString(16)}:0:1`],
    ['subnet', (n: number) => `2001:db8:0:${n.toString(16)}::1`],
    ['provider', (n: number) => `2001:${n.toString(16)}::1`],
  ])('keeps IPv6 sources apart by their %s, and each in one lane', (_, address) => {
    const sources = hosts(30, address);
    expectOneLaneEach(spread('::', '::1', sources), sources);
  });

  it.runIf(why === undefined)('does so for both families where a socket takes both', () => {
    const sources = [...hosts(20, (n) => `10.9.8.${n}`), ...hosts(20, (n) => `fd00::${n.toString(16)}`)];
    expectOneLaneEach(spread('::', '::1', sources), sources);
  });

  it.runIf(why === undefined)('does so on an address of its own', () => {
    const sources = hosts(30, (n) => `fd00::${n.toString(16)}`);
    expectOneLaneEach(spread('fd00::7', 'fd00::7', sources), sources);
  });
});
