import {
  CLIENT_EVIDENCE,
  CLIENT_SIDE,
  codeName,
  type EntityRow,
  FIELD,
  FlowBatch,
  getBigInt,
  isIPv4,
  parseAddress,
  setNumber,
} from '@weir/record';
import { describe, expect, it } from 'vitest';
import { Enricher } from './enricher.ts';
import { inventoryEntities } from './entities.ts';
import { type InventoryInput, parseInventory } from './inventory.ts';

const INVENTORY: InventoryInput = {
  cluster: 'prod',
  networks: { pods: ['10.128.0.0/14', 'fd00:10::/48'], services: ['172.30.0.0/16'], nodes: ['10.0.0.0/24'] },
  nodes: [
    { name: 'n1', addresses: ['10.0.0.1'] },
    { name: 'n2', addresses: ['10.0.0.2'] },
  ],
  pods: [
    { namespace: 'shop', name: 'web-1', addresses: ['10.128.0.5', 'fd00:10::5'], node: 'n1' },
    { namespace: 'shop', name: 'web-2', addresses: ['10.128.0.6'], node: 'n1' },
    { namespace: 'shop', name: 'db-0', addresses: ['10.129.0.5'], node: 'n2' },
    { namespace: 'ci', name: 'build-1', addresses: ['10.129.0.9'], node: 'n2', valid_to: 2000 },
    { namespace: 'ci', name: 'build-2', addresses: ['10.129.0.9'], node: 'n1', valid_from: 5000 },
  ],
  services: [
    {
      namespace: 'shop',
      name: 'web',
      cluster_ips: ['172.30.0.5'],
      load_balancer_ips: ['192.0.2.5'],
      ports: [
        { port: 80, node_port: 30080 },
        { port: 53, protocol: 'UDP' },
      ],
    },
  ],
  external: [
    { name: 'office', networks: ['198.51.100.0/24'] },
    { name: 'lab', networks: ['198.51.100.128/25'] },
  ],
};

interface Flow {
  readonly src: string;
  readonly dst: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly proto?: number;
  readonly flags?: number;
  readonly packets?: number;
  readonly start?: number;
  readonly end?: number;
}

function batchOf(flows: readonly Flow[]): FlowBatch {
  const batch = new FlowBatch(flows.length);
  for (const [row, flow] of flows.entries()) {
    batch.use(FIELD.src_addr).set(parseAddress(flow.src), row * 4);
    batch.use(FIELD.dst_addr).set(parseAddress(flow.dst), row * 4);
    batch.use(FIELD.src_port)[row] = flow.srcPort ?? 40_000;
    batch.use(FIELD.dst_port)[row] = flow.dstPort ?? 8080;
    batch.use(FIELD.proto)[row] = flow.proto ?? 6;
    batch.use(FIELD.tcp_flags)[row] = flow.flags ?? 0;
    setNumber(batch.use(FIELD.packets_sampled), row, flow.packets ?? 5);
    setNumber(batch.use(FIELD.time_start), row, flow.start ?? 10_000);
    setNumber(batch.use(FIELD.time_end), row, flow.end ?? 11_000);
  }
  batch.length = flows.length;
  return batch;
}

function enricher(): Enricher {
  const made = new Enricher();
  made.load(parseInventory(INVENTORY));
  return made;
}

const NAMES = new Map(
  inventoryEntities(parseInventory(INVENTORY), 0).map((row) => [row.key, `${row.kind} ${row.name}`] as const),
);

/** One flow enriched: names for keys, names for codes. */
function enriched(flow: Flow, by = enricher()) {
  const batch = batchOf([flow]);
  by.enrich(batch, 0, 1);
  const who = (column: Uint32Array) => {
    const key = getBigInt(column, 0).toString();
    return key === '0' ? '' : (NAMES.get(key) ?? 'unresolved');
  };
  return {
    src: who(batch.use(FIELD.src_entity)),
    dst: who(batch.use(FIELD.dst_entity)),
    service: who(batch.use(FIELD.service)),
    servicePort: batch.has(FIELD.service_port) ? batch.use(FIELD.service_port)[0] : 0,
    type: codeName('flow_type', batch.use(FIELD.flow_type)[0]),
    client: codeName('client_side', batch.use(FIELD.client_side)[0]),
    evidence: codeName('client_evidence', batch.use(FIELD.client_evidence)[0]),
    id: getBigInt(batch.use(FIELD.flow_id), 0),
  };
}

describe('who the ends are', () => {
  it('is found by IPv4 and IPv6 address', () => {
    expect(enriched({ src: '10.128.0.5', dst: '10.129.0.5' })).toMatchObject({ src: 'pod web-1', dst: 'pod db-0' });
    expect(enriched({ src: 'fd00:10::5', dst: '10.0.0.2' })).toMatchObject({ src: 'pod web-1', dst: 'node n2' });
  });

  it('is the same for an IPv4 address in its mapped form', () => {
    expect(isIPv4(parseAddress('::ffff:10.128.0.5'), 0)).toBe(true);
    expect(enriched({ src: '::ffff:10.128.0.5', dst: '::ffff:10.0.0.1' })).toMatchObject({
      src: 'pod web-1',
      dst: 'node n1',
    });
  });

  it('is the longest external network that holds the address', () => {
    expect(enriched({ src: '198.51.100.7', dst: '198.51.100.200' })).toMatchObject({
      src: 'external office',
      dst: 'external lab',
      type: 'external',
    });
  });

  it('is nobody for an address outside all networks', () => {
    expect(enriched({ src: '203.0.113.9', dst: '2001:db8::9' })).toMatchObject({ src: '', dst: '', type: 'external' });
  });

  it('is unresolved for an address of the cluster that nobody has', () => {
    const by = enricher();
    expect(enriched({ src: '10.130.7.7', dst: 'fd00:10::9' }, by)).toMatchObject({
      src: 'unresolved',
      dst: 'unresolved',
    });
    const rows = by.drainEntities();
    expect(rows.map((row) => [row.kind, row.name, row.resolved])).toEqual([
      ['unresolved', '10.130.7.7', 0],
      ['unresolved', 'fd00:10::9', 0],
    ]);
    enriched({ src: '10.130.7.7', dst: '10.128.0.5' }, by);
    expect(by.drainEntities()).toEqual([]);
  });
});

describe('identity over time', () => {
  it('is who had the address at the last packet', () => {
    expect(enriched({ src: '10.129.0.9', dst: '10.0.0.2', start: 500, end: 1999 }).src).toBe('pod build-1');
    expect(enriched({ src: '10.129.0.9', dst: '10.0.0.2', start: 1000, end: 5000 }).src).toBe('pod build-2');
  });

  it('is the one before when the last packets came after it had gone', () => {
    expect(enriched({ src: '10.0.0.2', dst: '10.129.0.9', start: 1999, end: 4999 }).dst).toBe('pod build-1');
  });

  it('is unresolved in between', () => {
    expect(enriched({ src: '10.129.0.9', dst: '10.0.0.2', start: 2000, end: 4999 }).src).toBe('unresolved');
  });

  it('is given later to addresses that flows carried as unresolved', () => {
    const by = enricher();
    const batch = batchOf([{ src: '10.130.0.1', dst: '10.128.0.5' }]);
    by.enrich(batch, 0, 1);
    const key = getBigInt(batch.use(FIELD.src_entity), 0).toString();
    by.drainEntities();
    const pods = [
      ...(INVENTORY.pods ?? []),
      { namespace: 'shop', name: 'late', addresses: ['10.130.0.1'], node: 'n2' },
    ];
    by.load(parseInventory({ ...INVENTORY, pods }), 77);
    const rows: EntityRow[] = by.drainEntities();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ key, kind: 'pod', name: 'late', node: 'n2', resolved: 1, version: '77' });
  });
});

describe('services', () => {
  it('are found by cluster IP, port and protocol', () => {
    expect(enriched({ src: '10.128.0.5', dst: '172.30.0.5', dstPort: 80 })).toMatchObject({
      dst: 'service web',
      service: 'service web',
      servicePort: 80,
      client: 'src',
      evidence: 'service',
    });
    expect(enriched({ src: '10.128.0.5', dst: '172.30.0.5', dstPort: 80, proto: 17 }).service).toBe('');
    expect(enriched({ src: '10.128.0.5', dst: '172.30.0.5', dstPort: 53, proto: 17 }).service).toBe('service web');
  });

  it('are found on the way back', () => {
    expect(enriched({ src: '172.30.0.5', srcPort: 80, dst: '10.128.0.5', dstPort: 40_000 })).toMatchObject({
      service: 'service web',
      servicePort: 80,
      client: 'dst',
      evidence: 'service',
    });
  });

  it('are found by load balancer address and node port, which are not cluster IPs', () => {
    expect(enriched({ src: '203.0.113.9', dst: '192.0.2.5', dstPort: 80 })).toMatchObject({
      dst: 'loadbalancer web',
      service: 'service web',
      servicePort: 0,
      type: 'from_external',
    });
    expect(enriched({ src: '203.0.113.9', dst: '10.0.0.2', dstPort: 30_080 })).toMatchObject({
      dst: 'node n2',
      service: 'service web',
      servicePort: 0,
    });
  });
});

describe('flow type', () => {
  it.each([
    ['10.128.0.5', '10.128.0.5', 'node_local'],
    ['10.0.0.1', '10.0.0.1', 'node_local'],
    ['127.0.0.1', '127.0.0.1', 'node_local'],
    ['10.128.0.5', '10.128.0.6', 'intra_node'],
    ['10.128.0.5', '10.0.0.1', 'intra_node'],
    ['10.128.0.5', '10.129.0.5', 'inter_node'],
    ['10.128.0.5', '203.0.113.9', 'to_external'],
    ['198.51.100.7', '10.128.0.5', 'from_external'],
    ['10.130.0.1', '203.0.113.9', 'to_external'],
    ['203.0.113.8', '203.0.113.9', 'external'],
    ['10.128.0.5', '172.30.0.5', 'unknown'],
    ['10.128.0.5', '10.130.0.1', 'unknown'],
    ['10.128.0.5', '224.0.0.251', 'unknown'],
  ])('of %s → %s is %s', (src, dst, type) => {
    expect(enriched({ src, dst }).type).toBe(type);
  });

  it('is unknown without an inventory', () => {
    expect(enriched({ src: '203.0.113.8', dst: '203.0.113.9' }, new Enricher()).type).toBe('unknown');
  });
});

describe('who opened the connection', () => {
  const ends = { src: '10.128.0.5', dst: '10.129.0.5' };
  it.each([
    ['SYN without ACK', { flags: 0x02, srcPort: 80, dstPort: 5000 }, 'src', 'tcp_flags'],
    ['SYN and RST: a refused opening', { flags: 0x06, srcPort: 5000, dstPort: 80 }, 'src', 'tcp_flags'],
    ['one packet of SYN and ACK', { flags: 0x12, packets: 1, srcPort: 9, dstPort: 5000 }, 'dst', 'tcp_flags'],
    ['all flags of a connection', { flags: 0x1b, srcPort: 50_000, dstPort: 443 }, 'src', 'well_known_port'],
    ['SYN in what is not TCP', { flags: 0x02, proto: 17, srcPort: 53, dstPort: 5353 }, 'dst', 'well_known_port'],
    ['two ports that servers have', { srcPort: 443, dstPort: 80 }, 'src', 'lower_port'],
    ['two high ports', { srcPort: 40_000, dstPort: 50_000 }, 'dst', 'lower_port'],
    ['equal ports', { srcPort: 123, dstPort: 123, proto: 17 }, 'unknown', 'none'],
    ['a protocol without ports', { srcPort: 0, dstPort: 2048, proto: 1 }, 'unknown', 'none'],
  ])('is told by %s', (_, flow, client, evidence) => {
    expect(enriched({ ...ends, ...flow })).toMatchObject({ client, evidence });
  });

  it('stands when the exporter reported it', () => {
    const batch = batchOf([{ ...ends, flags: 0x02 }]);
    batch.use(FIELD.client_side)[0] = CLIENT_SIDE.dst;
    batch.use(FIELD.client_evidence)[0] = CLIENT_EVIDENCE.reported;
    enricher().enrich(batch, 0, 1);
    expect(batch.use(FIELD.client_side)[0]).toBe(CLIENT_SIDE.dst);
    expect(batch.use(FIELD.client_evidence)[0]).toBe(CLIENT_EVIDENCE.reported);
  });
});

describe('a batch', () => {
  it('is only touched in the rows asked for', () => {
    const batch = batchOf([0, 1, 2].map(() => ({ src: '10.128.0.5', dst: '10.129.0.5' })));
    enricher().enrich(batch, 1, 2);
    expect([0, 1, 2].map((row) => batch.use(FIELD.flow_type)[row])).toEqual([0, 3, 0]);
    expect(getBigInt(batch.use(FIELD.src_entity), 0)).toBe(0n);
    expect(getBigInt(batch.use(FIELD.flow_id), 2)).toBe(0n);
  });

  it('has no service address column unless a cluster IP was met', () => {
    const batch = batchOf([{ src: '10.128.0.5', dst: '10.0.0.2', dstPort: 30_080 }]);
    enricher().enrich(batch, 0, 1);
    expect(batch.has(FIELD.service_addr)).toBe(false);
  });
});
