import { describe, expect, it } from 'vitest';
import type { Arrivals } from '../testing/diverted-sources.ts';
import { inNamespace, noNamespace as why } from '../testing/namespace.ts';
import type { Spread } from '../testing/spread-sources.ts';

const LANES = 3;
const EACH = 6;

function spread(host: string, target: string, sources: readonly string[]): Spread {
  return inNamespace<Spread>('spread-sources.ts', host, target, String(LANES), String(EACH), ...sources);
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

  it.runIf(why === undefined)('sends diverted addresses to the spare socket of their lane, and no others', () => {
    const fold = (a: string, b: string) => [`2001:db8::${a}:0:${b}`, `2001:db8::${b}:0:${a}`];
    // The words of these, exclusive-ored, are the same: only a comparison of all of them tells them apart.
    const [diverted6, folded6] = fold('7', '9');
    const others = [...hosts(12, (n) => `10.9.8.${n}`), ...hosts(12, (n) => `2001:db8::${n}`)];
    const diverted = ['10.9.8.3', '2001:db8::5', diverted6, '10.200.0.1'];
    const sources = [...others, diverted6, folded6];
    const before = inNamespace<Arrivals>('diverted-sources.ts', String(LANES), '', sources.join());
    const after = inNamespace<Arrivals>('diverted-sources.ts', String(LANES), diverted.join(), sources.join());
    expect(Object.keys(before).sort()).toEqual([...sources].sort());
    expect(Object.values(before).some(({ spare }) => spare)).toBe(false);
    for (const source of sources) {
      expect(after[source], source).toEqual({ lane: before[source].lane, spare: diverted.includes(source) });
    }
  });

  it.runIf(why === undefined)(
    'can divert as many addresses as a program may hold, for a lane that is alone too',
    () => {
      const many = [...hosts(64, (n) => `2001:db8:1::${n}`), ...hosts(63, (n) => `10.1.1.${n}`), '10.9.8.7'];
      const arrivals = inNamespace<Arrivals>(
        'diverted-sources.ts',
        '1',
        many.join(),
        '10.9.8.7,10.9.8.8,2001:db8:1::64',
      );
      expect(arrivals).toEqual({
        '10.9.8.7': { lane: 0, spare: true },
        '10.9.8.8': { lane: 0, spare: false },
        '2001:db8:1::64': { lane: 0, spare: true },
      });
    },
  );
});
