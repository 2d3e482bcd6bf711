import { parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { CapReport } from './caps.ts';
import { StateClock } from './state-clock.ts';

const MINUTE = 60_000;

function report() {
  const clock = new StateClock();
  clock.advance(1e9);
  const caps = new CapReport(clock);
  return { caps, at: (minute: number) => clock.advance(1e9 + minute * MINUTE) };
}

describe('caps that were reached', () => {
  it('are told with how often, by whom and what to do, one sentence for each cap', () => {
    const { caps } = report();
    for (let i = 0; i < 1500; i++) caps.note('texts', parseAddress('192.0.2.7'));
    caps.note('names', Uint32Array.of(0, ...parseAddress('2001:db8::1')), 1);
    expect(caps.warnings()).toEqual([
      'a sender names more other exporters than it may: flows of further ones are kept under the sender (1 time in the last minutes, most by 2001:db8::1). If it is a mediator or relays sFlow, add it to listen.mediators',
      'more new texts at once than are taken: further ones are left out of their flows (1,500 times in the last minutes, most by 192.0.2.7). Leave texts that hardly ever repeat out of the templates of the exporter',
    ]);
  });

  it('are told for five to ten minutes', () => {
    const { caps, at } = report();
    at(4);
    caps.note('exporters', parseAddress('192.0.2.7'));
    at(9.9);
    expect(caps.reached()).toEqual([{ cap: 'exporters', times: 1, heaviest: [{ address: '192.0.2.7', times: 1 }] }]);
    caps.note('exporters', parseAddress('192.0.2.7'));
    expect(caps.reached()).toMatchObject([{ times: 2 }]);
    at(10.1);
    expect(caps.reached()).toMatchObject([{ times: 1 }]);
    at(15.1);
    expect(caps.reached()).toEqual([]);
  });

  it('are nobody’s where nobody stands out', () => {
    const { caps } = report();
    for (let i = 0; i < 5000; i++) caps.note('exporters', parseAddress(`10.0.${i >> 8}.${i & 255}`));
    expect(caps.warnings()).toEqual([expect.stringContaining('(5,000 times in the last minutes).')]);
  });
});
