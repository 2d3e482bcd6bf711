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
            { id: 512, fields: ['10', '82', '83'], options: true, length: 28, updated: NOW },
            { id: 256, fields: ['1', '2'], options: false, length: 16, updated: NOW },
          ],
          sampling: [],
          interfaces: [{ ifIndex: 5, name: 'Gi0/1', alias: 'to the core', speed: 0 }],
        },
      ],
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
