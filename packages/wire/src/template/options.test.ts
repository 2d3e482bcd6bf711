import { QUALITY, SAMPLING_SOURCE, SOURCE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { NOW, type Row, TestCollector, UPTIME } from '../testing/collector.ts';
import { type SetSpec, type TemplateSpec, templateField } from './encode.ts';
import type { FieldValue } from './row-values.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME };
const SYSTEM_SCOPE = 1;
const INTERFACE_SCOPE = 2;

function data(fields: readonly (readonly [number, FieldValue])[]): SetSpec[] {
  const template = { id: 256, fields: fields.map(([id]) => templateField(id)) };
  return [{ templates: [template] }, { template, records: [fields.map(([, value]) => value)] }];
}

function options(
  scope: readonly [number, number],
  fields: readonly (readonly [number, FieldValue, number?])[],
): SetSpec[] {
  const template: TemplateSpec = {
    id: 512,
    scopes: 1,
    fields: [{ enterprise: 0, id: scope[0], length: 4 }, ...fields.map(([id, , length]) => templateField(id, length))],
  };
  return [{ templates: [template] }, { template, records: [[scope[1], ...fields.map(([, value]) => value)]] }];
}

/** One IPFIX message with options, then flows. */
function ipfix(...sets: SetSpec[]): Row[] {
  return new TestCollector().receive(encodeIpfix({ ...CONTEXT, sequence: 0, domain: 3 }, sets).bytes);
}

function v9(...sets: SetSpec[]): Row[] {
  return new TestCollector().receive(encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 3 }, sets));
}

const FLOW = data([
  [1, 100],
  [2, 2],
]);

describe('sampling rates', () => {
  it.each([
    [
      '34 and 35',
      [
        [34, 100],
        [35, 1],
      ],
      100,
    ],
    ['50', [[50, 200]], 200],
    [
      '305 and 306: so many taken, so many passed over',
      [
        [305, 2],
        [306, 18],
      ],
      10,
    ],
    ['305 alone', [[305, 64]], 64],
    [
      '309 and 310: so many of so many',
      [
        [309, 5],
        [310, 500],
      ],
      100,
    ],
    ['311 as a float64', [[311, 0.01]], 100],
    ['311 as a float32', [[311, 0.25, 4]], 4],
  ] as const)('come from options data by %s, for flows later in the same message', (_, fields, rate) => {
    const [row] = ipfix(...options([149, 3], fields), ...FLOW);
    expect(row).toMatchObject({
      bytes: 100 * rate,
      packets: 2 * rate,
      bytes_sampled: 100,
      packets_sampled: 2,
      sampling_rate: rate,
      sampling_source: SAMPLING_SOURCE.options,
    });
    expect(Number(row.quality) & QUALITY.no_sampling_rate).toBe(0);
  });

  it('hold for the sampler that the record names', () => {
    const template: TemplateSpec = { id: 512, scopes: 1, fields: [SYSTEM_SCOPE, 48, 49, 50].map((id) => field(id, 4)) };
    const samplers: SetSpec[] = [
      { templates: [template] },
      {
        template,
        records: [
          [0, 1, 2, 10],
          [0, 2, 2, 1000],
        ],
      },
    ];
    const flow = (sampler: number) =>
      data([
        [1, 100],
        [48, sampler],
      ]);
    expect(v9(...samplers, ...flow(1))[0]).toMatchObject({ bytes: 1000, sampling_rate: 10 });
    expect(v9(...samplers, ...flow(2))[0]).toMatchObject({ bytes: 100_000, sampling_rate: 1000 });
    const [unknown] = v9(...samplers, ...flow(3));
    expect(unknown.bytes).toBe(100);
    expect(Number(unknown.quality) & QUALITY.no_sampling_rate).toBe(QUALITY.no_sampling_rate);
  });

  it('hold for the selector that the record names', () => {
    const selector = options(
      [302, 7],
      [
        [304, 1],
        [305, 1],
        [306, 99],
      ],
    );
    expect(
      ipfix(
        ...selector,
        ...data([
          [1, 100],
          [302, 7],
        ]),
      )[0],
    ).toMatchObject({ bytes: 10_000, sampling_rate: 100 });
  });

  it('of the only sampler there is hold for records that name none', () => {
    expect(
      v9(
        ...options(
          [SYSTEM_SCOPE, 0],
          [
            [48, 1],
            [50, 20],
          ],
        ),
        ...FLOW,
      )[0].bytes,
    ).toBe(2000);
  });

  it('hold for the interface that is their scope', () => {
    const scoped = options([INTERFACE_SCOPE, 5], [[34, 50]]);
    expect(
      v9(
        ...scoped,
        ...data([
          [1, 100],
          [10, 5],
        ]),
      )[0],
    ).toMatchObject({ bytes: 5000, sampling_rate: 50 });
    expect(
      v9(
        ...scoped,
        ...data([
          [1, 100],
          [10, 6],
        ]),
      )[0].bytes,
    ).toBe(100);
  });

  it('in the record come before those of options data', () => {
    const [row] = ipfix(
      ...options([149, 3], [[34, 100]]),
      ...data([
        [1, 100],
        [34, 7],
      ]),
    );
    expect(row).toMatchObject({ bytes: 700, sampling_rate: 7, sampling_source: SAMPLING_SOURCE.record });
  });

  const contradicted = (row: Row) => (Number(row.quality) & QUALITY.sampling_contradicted) !== 0;

  it.each([
    [
      '309 and 310 before 305 alone',
      [
        [305, 1],
        [309, 1],
        [310, 256],
      ],
      256,
      false,
    ],
    [
      '309 and 310 before 305 alone, whatever their order',
      [
        [310, 256],
        [305, 64],
        [309, 1],
      ],
      256,
      true,
    ],
    [
      '305 alone that says the same',
      [
        [305, 256],
        [309, 1],
        [310, 256],
      ],
      256,
      false,
    ],
    [
      '50 before a 34 of 1',
      [
        [34, 1],
        [50, 256],
      ],
      256,
      true,
    ],
    [
      '34 before a 50 of 1',
      [
        [34, 256],
        [50, 1],
      ],
      256,
      true,
    ],
    [
      '309 and 310 before a 305 and 306 that take every packet',
      [
        [305, 1],
        [306, 0],
        [309, 2],
        [310, 512],
      ],
      256,
      true,
    ],
    [
      '305 and 306 by the algorithm that goes by them',
      [
        [304, 1],
        [305, 1],
        [306, 99],
        [309, 1],
        [310, 7],
      ],
      100,
      true,
    ],
    [
      '311 by the algorithm that goes by it',
      [
        [304, 4],
        [311, 0.01],
        [309, 1],
        [310, 7],
      ],
      100,
      true,
    ],
    [
      '309 and 310 by the algorithm that goes by them',
      [
        [304, 3],
        [305, 1],
        [306, 99],
        [309, 1],
        [310, 7],
      ],
      7,
      true,
    ],
    [
      'either of two that differ by how they count',
      [
        [309, 1],
        [310, 256],
        [305, 1],
        [306, 256],
      ],
      256,
      false,
    ],
    [
      '1 where all say so',
      [
        [34, 1],
        [50, 1],
        [305, 1],
      ],
      1,
      false,
    ],
  ] as const)('in one record of options data are taken from %s', (_, fields, rate, doubtful) => {
    const [row] = ipfix(...options([149, 3], fields), ...FLOW);
    expect(row).toMatchObject({ bytes: 100 * rate, sampling_rate: rate, sampling_source: SAMPLING_SOURCE.options });
    expect(contradicted(row)).toBe(doubtful);
    // The same in the flow's own record.
    const [own] = ipfix(...data([[1, 100], ...fields]));
    expect(own).toMatchObject({ bytes: 100 * rate, sampling_rate: rate, sampling_source: SAMPLING_SOURCE.record });
    expect(contradicted(own)).toBe(doubtful);
  });

  describe('of two options templates', () => {
    const every: TemplateSpec = { id: 600, scopes: 1, fields: [field(149, 4), field(34, 4)] };
    const some: TemplateSpec = { id: 601, scopes: 1, fields: [field(149, 4), field(309, 4), field(310, 4)] };
    const interval: TemplateSpec = { id: 602, scopes: 1, fields: [field(149, 4), field(305, 4)] };
    const sets = {
      every: { template: every, records: [[3, 1]] },
      some: { template: some, records: [[3, 1, 256]] },
      interval: { template: interval, records: [[3, 64]] },
    };
    const MINUTE = 60_000;

    /** The flow's row after options data came in this order, a minute apart. */
    function after(...order: readonly (keyof typeof sets | number)[]): Row {
      const collector = new TestCollector();
      let time = NOW;
      const send = (...sent: SetSpec[]) =>
        collector.receive(encodeIpfix({ ...CONTEXT, sequence: 0, domain: 3 }, sent).bytes, time);
      send({ templates: [every, some, interval] });
      for (const step of order) {
        time += typeof step === 'number' ? step * MINUTE : MINUTE;
        if (typeof step !== 'number') send(sets[step]);
      }
      return send(...FLOW)[0];
    }

    it('do not take turns: the 1 hides nothing, in whatever order they come', () => {
      for (const order of [
        ['every', 'some'],
        ['some', 'every'],
        ['some', 'every', 'some'],
        ['every', 'some', 'every', 'every'],
      ] as const) {
        const row = after(...order);
        expect(row).toMatchObject({ bytes: 25_600, sampling_rate: 256 });
        expect(contradicted(row)).toBe(true);
      }
    });

    it('let a packet interval alone not stand in the way of size and population, in whatever order they come', () => {
      for (const order of [
        ['interval', 'some'],
        ['some', 'interval'],
        ['interval', 'some', 'interval', 'interval'],
      ] as const) {
        const row = after(...order);
        expect(row).toMatchObject({ bytes: 25_600, sampling_rate: 256 });
        expect(contradicted(row)).toBe(true);
      }
      expect(after('every', 'interval')).toMatchObject({ bytes: 6_400, sampling_rate: 64 });
      expect(after('some', 31, 'interval')).toMatchObject({ bytes: 6_400, sampling_rate: 64 });
    });

    it('give way to each other when one is no longer sent', () => {
      const row = after('some', 31, 'every');
      expect(row).toMatchObject({ bytes: 100, sampling_rate: 1 });
      expect(contradicted(row)).toBe(false);
      expect(contradicted(after('every', 'some', 31, 'some'))).toBe(false);
    });

    it('that say the same contradict nothing', () => {
      const collector = new TestCollector();
      const same: TemplateSpec = { ...every, id: 602 };
      const [row] = collector.receive(
        encodeIpfix({ ...CONTEXT, sequence: 0, domain: 3 }, [
          { templates: [some, same] },
          sets.some,
          { template: same, records: [[3, 256]] },
          ...FLOW,
        ]).bytes,
      );
      expect(row.sampling_rate).toBe(256);
      expect(contradicted(row)).toBe(false);
    });
  });

  it('of one template follow it down to 1', () => {
    const template: TemplateSpec = { id: 600, scopes: 1, fields: [field(149, 4), field(34, 4)] };
    const [row] = ipfix(
      { templates: [template] },
      {
        template,
        records: [
          [3, 256],
          [3, 1],
        ],
      },
      ...FLOW,
    );
    expect(row).toMatchObject({ bytes: 100, sampling_rate: 1 });
    expect(contradicted(row)).toBe(false);
  });

  it('of 1 for everything do not hide that of the only selector there is', () => {
    const everything: TemplateSpec = { id: 600, scopes: 1, fields: [field(149, 4), field(34, 4)] };
    const selector = options(
      [302, 7],
      [
        [309, 1],
        [310, 256],
      ],
    );
    const [row] = ipfix({ templates: [everything] }, { template: everything, records: [[3, 1]] }, ...selector, ...FLOW);
    expect(row).toMatchObject({ bytes: 25_600, sampling_rate: 256 });
    expect(contradicted(row)).toBe(true);
  });

  it('of 1 in the record give way to that for everything, and to that of its interface', () => {
    const flow = data([
      [1, 100],
      [10, 6],
      [34, 1],
    ]);
    for (const scope of [
      [149, 3],
      [10, 6],
    ] as const) {
      const [row] = ipfix(...options(scope, [[34, 256]]), ...flow);
      expect(row).toMatchObject({ bytes: 25_600, sampling_rate: 256, sampling_source: SAMPLING_SOURCE.options });
      expect(contradicted(row)).toBe(true);
    }
    expect(ipfix(...options([149, 3], [[34, 1]]), ...flow)[0]).toMatchObject({
      sampling_rate: 1,
      sampling_source: SAMPLING_SOURCE.record,
    });
  });

  it('of 1 in the record give way to that of the sampler it names', () => {
    const sampler = options(
      [SYSTEM_SCOPE, 0],
      [
        [48, 4],
        [50, 256],
      ],
    );
    const flow = (rate: number) =>
      v9(
        ...sampler,
        ...data([
          [1, 100],
          [48, 4],
          [34, rate],
        ]),
      )[0];
    expect(flow(1)).toMatchObject({ bytes: 25_600, sampling_rate: 256, sampling_source: SAMPLING_SOURCE.options });
    expect(contradicted(flow(1))).toBe(true);
    expect(flow(7)).toMatchObject({ bytes: 700, sampling_rate: 7, sampling_source: SAMPLING_SOURCE.record });
    expect(contradicted(flow(0))).toBe(false);
  });

  it('scale both directions and layer 2, and never the totals', () => {
    const template = {
      id: 256,
      fields: [1, 352, 85].map((id) => field(id, 8)).concat({ enterprise: 29305, id: 1, length: 8 }),
    };
    const [row] = ipfix(
      ...options([149, 3], [[34, 10]]),
      { templates: [template] },
      { template, records: [[1, 2, 3, 4]] },
    );
    expect(row).toMatchObject({ bytes: 10, bytes_l2: 20, total_bytes: 3, rev_bytes: 40, rev_bytes_sampled: 4 });
  });

  it('stay within their observation domain', () => {
    const collector = new TestCollector();
    collector.receive(encodeIpfix({ ...CONTEXT, sequence: 0, domain: 3 }, options([149, 3], [[34, 100]])).bytes);
    const [row] = collector.receive(encodeIpfix({ ...CONTEXT, sequence: 0, domain: 4 }, FLOW).bytes);
    expect(row.bytes).toBe(100);
  });
});

describe('options data', () => {
  it('name interfaces, and are counted and described', () => {
    const collector = new TestCollector();
    const named = options(
      [INTERFACE_SCOPE, 5],
      [
        [82, 'Gi0/1', 8],
        [83, 'to the core', 16],
      ],
    );
    collector.receive(encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 3 }, [...named, ...FLOW]));
    expect(collector.counts()).toMatchObject({ options_received: 1, templates_received: 2, flows_received: 1 });
    expect(collector.peer.protocols.get(SOURCE.netflow9)?.describe()).toEqual({
      protocol: 'NetFlow v9',
      domains: [
        {
          domain: 3,
          templates: [
            { id: 512, fields: ['10', '82', '83'], options: true, length: 28, updated: NOW, unstored: [] },
            { id: 256, fields: ['1', '2'], options: false, length: 16, updated: NOW, unstored: [] },
          ],
          sampling: [],
          interfaces: [{ ifIndex: 5, name: 'Gi0/1', alias: 'to the core', speed: 0 }],
        },
      ],
      unstored: [],
    });
  });

  it('past the cap are not kept', () => {
    const collector = new TestCollector({ limits: { options: 2 } });
    const template: TemplateSpec = { id: 512, scopes: 1, fields: [field(10, 4), field(82, 8), field(34, 4)] };
    const records = Array.from({ length: 10 }, (_, index) => [index + 1, `if${index}`, 10]);
    collector.receive(
      encodeIpfix({ ...CONTEXT, sequence: 0, domain: 3 }, [{ templates: [template] }, { template, records }]).bytes,
    );
    const [domain] = collector.peer.protocols.get(SOURCE.ipfix)!.describe().domains;
    expect([domain.interfaces.length, domain.sampling.length]).toEqual([2, 2]);
  });
});

function field(id: number, length: number) {
  return { enterprise: 0, id, length };
}
