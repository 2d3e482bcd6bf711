import { SOURCE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { ROWS } from '../ipfix/gen/registry.ts';
import { elementKey, findElement, lengthOfType } from '../ipfix/registry.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { ipv4, NOW, oneRecord, type Row, TestCollector, UPTIME } from '../testing/collector.ts';
import { ethernet, ipv4 as ipv4Packet, udp } from '../testing/layers.ts';
import { type SetSpec, type TemplateSpec, templateField } from './encode.ts';
import { keysRead } from './plan.ts';
import type { FieldValue } from './row-values.ts';
import { type UnstoredElement, UnstoredElements, unstoredFields } from './unstored.ts';

type Values = readonly (readonly [number | string, FieldValue, number?])[];
const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };

function described(collector: TestCollector) {
  const summary = collector.peer.protocols.get(SOURCE.ipfix)?.describe();
  return { templates: summary?.domains[0].templates ?? [], unstored: summary?.unstored ?? [] };
}

const ipfix = (sets: readonly SetSpec[], sequence = 0) => encodeIpfix({ ...CONTEXT, sequence, domain: 1 }, sets).bytes;

describe('elements without a column', () => {
  it('are named with their template, and counted by record', () => {
    const collector = new TestCollector();
    const template = { id: 256, fields: [8, 12, 224, 26, 210, 26].map((id) => templateField(id)) };
    const enterprise = {
      id: 257,
      fields: ['56506/101', '56506/136', '99999/5'].map((key) => templateField(key, 4)).concat(templateField(224)),
    };
    const record = [ipv4('10.0.0.1'), ipv4('10.0.0.2'), 7, 8, '', 9];
    collector.receive(ipfix([{ templates: [template, enterprise] }, { template, records: [record, record] }]));
    collector.receive(ipfix([{ template: enterprise, records: [['pod', 'EST', 1, 5]] }], 2));
    const { templates, unstored } = described(collector);
    // Padding is no loss, and what is there twice is missing twice.
    expect(templates.map(({ id, fields, unstored: names }) => [id, fields.length, names])).toEqual([
      [256, 6, ['ipTotalLength', 'maximumIpTotalLength', 'maximumIpTotalLength']],
      [257, 4, ['sourcePodName', '99999/5', 'ipTotalLength']],
    ]);
    expect(unstored).toEqual([
      { element: 'ipTotalLength', records: 3 },
      { element: 'maximumIpTotalLength', records: 2 },
      { element: 'sourcePodName', records: 1 },
      { element: '99999/5', records: 1 },
    ]);
  });

  it('stay counted when their template is replaced', () => {
    const collector = new TestCollector();
    const before = { id: 256, fields: [templateField(224)] };
    const after = { id: 256, fields: [templateField(4)] };
    collector.receive(ipfix([{ templates: [before] }, { template: before, records: [[1], [2]] }]));
    collector.receive(ipfix([{ templates: [after] }, { template: after, records: [[6]] }], 2));
    expect(described(collector)).toMatchObject({
      templates: [{ unstored: [] }],
      unstored: [{ element: 'ipTotalLength', records: 2 }],
    });
  });

  it('are those of options data that nothing is kept of, apart from what they are about', () => {
    const collector = new TestCollector();
    const options: TemplateSpec = { id: 512, scopes: 1, fields: [149, 41, 34, 82].map((id) => templateField(id)) };
    collector.receive(ipfix([{ templates: [options] }, { template: options, records: [[1, 5, 100, 'eth0']] }]));
    expect(described(collector)).toMatchObject({
      templates: [{ options: true, unstored: ['exportedMessageTotalCount'] }],
      unstored: [{ element: 'exportedMessageTotalCount', records: 1 }],
    });
    const v9 = new TestCollector();
    const system: TemplateSpec = {
      id: 512,
      scopes: 1,
      fields: [1, 48, 50].map((id) => ({ enterprise: 0, id, length: 4 })),
    };
    v9.receive(encodeNetflow9({ ...CONTEXT, sourceId: 1 }, [{ templates: [system] }]));
    expect(v9.peer.protocols.get(SOURCE.netflow9)?.describe().domains[0].templates[0].unstored).toEqual([]);
  });

  it('without bytes are not missed', () => {
    expect(unstoredFields({ options: false, fields: [{ enterprise: 0, id: 224, length: 0 }] })).toEqual([]);
  });

  it('are bounded in number, and counted together beyond', () => {
    const elements = new UnstoredElements({ take: () => true });
    const fields = Array.from({ length: 1000 }, (_, id) => ({ enterprise: 99_999, id, length: 1 }));
    elements.count(elements.placesOf({ fields, options: false }), 3);
    const all = elements.describe({ left: 10_000 });
    expect(all).toHaveLength(256);
    expect(all.find(({ element }) => element === 'others')).toEqual({ element: 'others', records: 3 });
    expect(elements.describe({ left: 7 })).toHaveLength(7);
    const poor = new UnstoredElements({ take: () => false });
    poor.count(poor.placesOf({ fields, options: false }), 3);
    expect(poor.describe({ left: 10_000 })).toEqual([{ element: 'others', records: 3 } satisfies UnstoredElement]);
  });

  it('are told record by record to who asks', () => {
    const told: unknown[] = [];
    const collector = new TestCollector({ onElements: (row, elements) => told.push([row, elements]) });
    const values: Values = [
      [8, ipv4('10.0.0.1')],
      [224, 1400],
      ['56506/101', 'web-0'],
      [276, 1],
      [211, ipv4('192.0.2.9')],
      [212, new Uint8Array(16)],
      [414, Uint8Array.of(2, 0, 0, 0, 1, 0xfe)],
      [320, 0.5],
      [434, 0xfffffffe],
      [85, 5],
      [218, 0xffffffffffffffffn],
      [258, NOW],
      [260, NOW / 1000],
      ['99999/5', Uint8Array.of(0xca, 0xfe), 2],
      [210, new Uint8Array(3), 3],
    ];
    const { template, sets } = oneRecord(values);
    const again = { template, records: [values.map(([, value]) => value)] };
    collector.receive(ipfix([...sets, again]));
    const elements = [
      { name: 'ipTotalLength', value: 1400 },
      { name: 'sourcePodName', value: 'web-0' },
      { name: 'dataRecordsReliability', value: true },
      { name: 'collectorIPv4Address', value: '192.0.2.9' },
      { name: 'collectorIPv6Address', value: '::' },
      { name: 'dot1qCustomerSourceMacAddress', value: '02:00:00:00:01:fe' },
      { name: 'absoluteError', value: 0.5 },
      { name: 'mibObjectValueInteger', value: -2 },
      { name: 'tcpSynTotalCount', value: '18446744073709551615' },
      { name: 'collectionTimeMilliseconds', value: '2025-11-20T00:53:20.000Z' },
      { name: 'maxExportSeconds', value: '2025-11-20T00:53:20.000Z' },
      { name: '99999/5', value: 'cafe' },
    ];
    expect(told).toEqual([
      [0, elements],
      [1, elements],
    ]);
  });
});

describe('what is said to be stored', () => {
  const frame = Uint8Array.from(ethernet(0x0800, ipv4Packet(17, udp(1, 2))));
  const selector: TemplateSpec = { id: 512, scopes: 1, fields: [302, 34].map((id) => templateField(id)) };
  const sampler: TemplateSpec = { id: 513, scopes: 1, fields: [149, 48, 34].map((id) => templateField(id)) };
  const OPTIONS: readonly SetSpec[] = [
    { templates: [selector, sampler] },
    { template: selector, records: [[1, 10]] },
    { template: sampler, records: [[1, 1, 20]] },
  ];
  /** What some elements need beside them to say something. */
  const BESIDE: readonly Values[] = [
    [],
    [[4, 1]],
    [
      [22, UPTIME - 5000],
      [21, UPTIME - 1000],
    ],
    [[152, NOW - 5000]],
    [[160, NOW - UPTIME]],
    [
      [1, 100],
      [305, 1],
    ],
    [
      [1, 100],
      [309, 1],
    ],
    [
      [1, 100],
      [310, 100],
    ],
    [
      [1, 100],
      [305, 1],
      [306, 9],
      [309, 1],
      [310, 7],
    ],
    [
      [4, 6],
      [8, ipv4('10.0.0.1')],
      [315, frame],
    ],
  ];

  const collector = new TestCollector({ provenance: false });
  collector.receive(ipfix(OPTIONS));

  /** The flow of a record with these values of the element, or with as many bytes that say nothing. */
  function flow(beside: Values, key: number | string, value: Uint8Array, length: number): Row {
    const { sets } = oneRecord([...beside, [key, value, length]]);
    return collector.receive(ipfix(sets))[0];
  }

  function changesFlow(key: number | string, length: number): boolean {
    const bytes = (last: number) => new Uint8Array(length).fill(0).with(length - 1, last);
    // Times and the kind of an overlay are in the first bytes; a time in milliseconds has a range.
    const samples = [bytes(1), bytes(2), bytes(3), new Uint8Array(length).fill(1), new Uint8Array(length).fill(0x3f)];
    if (length === 8) samples.push(new Uint8Array(BigUint64Array.of(BigInt(NOW - 7000)).buffer).reverse());
    return BESIDE.some((beside) => {
      const without = JSON.stringify(flow(beside, 210, new Uint8Array(length), length));
      return samples.some((sample) => JSON.stringify(flow(beside, key, sample, length)) !== without);
    });
  }

  it('changes the flow, and nothing else of the registry does', { timeout: 120_000 }, () => {
    const read = keysRead(false);
    const wrong = ROWS.flatMap(([enterprise, id, name]) => {
      const key = elementKey(enterprise, id);
      const type = findElement(enterprise, id)?.type;
      const length = (type && lengthOfType(type)) ?? 8;
      const marks = key === 354 || key === 210;
      return !marks && changesFlow(key, length) !== read.has(key) ? [`${key} ${name}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});
