// Lanes with their spare sockets and without them, under the same flood.
import { describe, expect, it } from 'vitest';
import type { FloodOutcome, FloodPlan } from '../testing/flood.ts';
import { inNamespace, noNamespace as why } from '../testing/namespace.ts';

const hosts = (count: number, address: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => address(n + 1));
const flood = (plan: FloodPlan) => inNamespace<FloodOutcome>('flood.ts', JSON.stringify(plan));
const lostShare = ({ sent, received }: FloodOutcome) => 1 - received.quiet / sent.quiet;

describe('a flood', () => {
  it.runIf(why === undefined).each([
    ['one address', 1, '127.0.0.1', hosts(1, () => '10.66.0.1'), hosts(10, (n) => `10.1.0.${n}`)],
    ['eight addresses', 1, '127.0.0.1', hosts(8, (n) => `10.66.0.${n}`), hosts(10, (n) => `10.1.0.${n}`)],
    [
      'two addresses of IPv6, for lanes that take both families,',
      2,
      '::',
      hosts(2, (n) => `fd66::${n}`),
      [...hosts(10, (n) => `10.1.0.${n}`), ...hosts(10, (n) => `fd01::${n}`)],
    ],
  ] as const)('from %s costs quiet senders next to nothing', (_, lanes, host, from, quiet) => {
    const plan = { host, lanes, flood: from, quiet };
    const without = flood({ ...plan, spares: false });
    const together = flood({ ...plan, spares: true });
    for (const { sent, received, dropped } of [without, together]) {
      expect(received.flood).toBeLessThan(sent.flood / 2);
      expect(received.flood + received.quiet + dropped).toBe(sent.flood + sent.quiet);
    }
    // What only those who flood lost is counted apart.
    expect(without.floodDropped).toBe(0);
    expect(together.floodDropped).toBeGreaterThan(together.dropped / 2);
    expect(together.floodDropped).toBeLessThanOrEqual(together.dropped);
    expect(lostShare(without)).toBeGreaterThan(0.4);
    // All of it before it was noticed who floods.
    expect(lostShare(together)).toBeLessThan(lostShare(without) / 3);
    // Who floods is named in both cases.
    for (const { floods } of [without, together]) {
      expect(from).toContain(floods[0].address);
      expect(floods.filter(({ address }) => !from.includes(address))).toEqual([]);
    }
    expect(without.floods.some(({ diverted }) => diverted)).toBe(false);
    expect(together.floods.every(({ diverted }) => diverted)).toBe(true);
  });
});
