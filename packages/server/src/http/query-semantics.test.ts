// Queries on a real store against the same questions answered by hand over the same flows.
import { compileTop, parseQuery, TopQuery } from '@weir/query';
import { parseFilter } from '@weir/query/language';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { matches } from './testdata/reference.ts';
import { SAMPLE_END, SAMPLE_HOURS, sampleFlows } from './testdata/sample.ts';
import { type SeededStore, seededStore } from './testdata/seeded-store.ts';

// Hundreds of queries: minutes on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 180_000 });

const FLOWS = sampleFlows(3000);
const FROM = SAMPLE_END - SAMPLE_HOURS * 3_600_000;
const ROLLED_UP = SAMPLE_END - 1_000_000;

let seeded: SeededStore;
beforeAll(async () => {
  seeded = await seededStore(FLOWS, ROLLED_UP);
});
afterAll(() => seeded.close());

const context = () => ({
  columnsPresent: seeded.store.columnsPresent(),
  rolledUpUntil: { '1m': ROLLED_UP, '5m': ROLLED_UP, '1h': ROLLED_UP },
  now: SAMPLE_END,
});

async function countByStore(filter: string): Promise<{ flows: number; bytes: number }> {
  const query = parseQuery(TopQuery, { from: FROM, to: SAMPLE_END, by: '', metrics: 'flows,bytes', filter });
  const compiled = compileTop(query, context());
  const result = await seeded.store.query(compiled.sql, compiled.params, { settings: compiled.settings });
  const { total } = compiled.answer(result);
  return { flows: total.flows, bytes: total.bytes };
}

function countByHand(filter: string): { flows: number; bytes: number } {
  const { ast, errors } = parseFilter(filter);
  if (errors.length > 0) throw new Error(`${filter}: ${errors[0].message}`);
  const found = FLOWS.filter((flow) => matches(ast, flow));
  return { flows: found.length, bytes: found.reduce((sum, flow) => sum + flow.bytes, 0) };
}

const ONE = [
  'src_namespace = shop',
  'namespace != shop',
  'namespace = ""',
  'src_namespace != ""',
  'dst_pod = web-0',
  'pod = ""',
  'pod ~ "^(web|api)-"',
  'workload like "db%"',
  'workload like "%"',
  'name ~ ".*"',
  'namespace < pay',
  'namespace >= pay',
  'namespace <= ""',
  'kind in (pod, external)',
  'kind in ("", node)',
  'zone = a',
  'node not in (node-0)',
  'label["app"] = web',
  'src_label["tier"] != front',
  'label["nothing"] = ""',
  'dst_label has app',
  'label["app"] ~ "^w"',
  'src_addr << 10.128.0.0/14',
  'addr << 2001:db8::/32',
  'addr !<< 10.0.0.0/8',
  'src_addr = 10.128.0.5',
  'addr in (10.128.0.5, 203.0.113.0/24)',
  'dst_addr = ""',
  'addr << (10.128.0.0/16, 203.0.113.9)',
  'dst_addr != 2001:db8::1',
  'port = 443',
  'dst_port in (80, 443)',
  'port not in (80)',
  'src_port > 1k',
  'dst_port <= 443',
  'server_port = 53',
  'proto = tcp',
  'proto in (udp, icmp)',
  'tcp_flags = SA',
  'tcp_flags has syn',
  'tcp_flags not has SA',
  'flow_type = to_external',
  'country = de',
  'src_country != us',
  'dst_country = ""',
  'src_mac = 0a:58:0a:80:00:05',
  'mac = 00:00:00:00:00:00',
  'tls_sni = shop.example.com',
  'tls_sni like "%.example.com"',
  'tls_sni != ""',
  'tls_sni ~ "^$"',
  'as_path has 64501',
  'as_path not in (64500, 1)',
  'exporter = 10.0.0.1',
  'exporter = node-1',
  'exporter_address << 10.0.0.2/32',
  'exporter ~ "^node"',
  'exporter = 10.0.0.2/31',
  'exporter != 10.0.0.2/31',
  'exporter in (node-7, 10.0.0.2/31)',
  'exporter not in (10.0.0.0/31)',
  'exporter = "::ffff:10.0.0.1"',
  'exporter_address = 10.0.0.2/31',
  'exporter_address not in ("", 10.0.0.2/31)',
  'src_addr = 10.128.0.0/16',
  'addr != 2001:db8::/32',
  'entity = partner',
  'src_entity = ""',
  'src_entity = 77777777777777777',
  'bytes > 2.5k',
  'vlan = 7',
  'src_vlan = 0',
  'dropped_bytes > 0',
  `time_received >= ${SAMPLE_END - 3_600_000}`,
  'service = ""',
  'subnet = office',
  'observation_point = 0',
];
const one = fc.constantFrom(...ONE);

const filters = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    one,
    fc.tuple(tie('any'), fc.constantFrom('and', 'or'), tie('any')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('any').map((inner) => `not (${inner})`),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `not ${/^not|^\(/.test(a) ? `(${a})` : a} or ${b}`),
  ),
})).any;

describe('a filter', () => {
  it('of each kind finds some flows and not all, or is there to find none', async () => {
    let telling = 0;
    for (const filter of ONE) {
      const found = await countByStore(filter);
      expect({ filter, ...found }).toEqual({ filter, ...countByHand(filter) });
      if (found.flows > 0 && found.flows < FLOWS.length) telling++;
    }
    expect(telling).toBeGreaterThan(ONE.length * 0.8);
  });

  it('finds in the store what it finds evaluated by hand over every row', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        expect({ filter, ...(await countByStore(filter)) }).toEqual({ filter, ...countByHand(filter) });
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('splits the flows in two with its negation', async () => {
    for (const filter of [
      'namespace = shop',
      'addr << 10.128.0.0/16',
      'pod ~ "web"',
      'label["app"] = web',
      'exporter = node-1',
    ]) {
      const yes = await countByStore(filter);
      const no = await countByStore(`not ${filter}`);
      expect([filter, yes.flows + no.flows]).toEqual([filter, FLOWS.length]);
    }
  });
});
