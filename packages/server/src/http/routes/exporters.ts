// GET /api/v1/exporters
import { ExportersAnswer, type ResultRow } from '@weir/query';
import { z } from 'zod';
import type { ExporterStatus } from '../../status.ts';
import type { Asking } from '../asking.ts';
import { Rates } from '../rates.ts';
import { type Route, route } from '../route.ts';

/** Seconds over which the traffic that an exporter reports is measured. */
const WINDOW_S = 30;

const KNOWN = `SELECT toString(key) AS key, address, name, node, protocols, toUnixTimestamp64Milli(first_seen) AS first_seen,
toUnixTimestamp64Milli(last_seen) AS last_seen, demo FROM weir.exporters FINAL ORDER BY last_seen DESC LIMIT 5000`;
const TRAFFIC = `SELECT toString(exporter) AS key, toFloat64(sum(bytes)) AS bytes FROM weir.flows
WHERE time_received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') GROUP BY exporter`;

type Answered = ExportersAnswer['exporters'][number];

function fromRow(row: ResultRow): Answered {
  return {
    key: String(row.key),
    address: String(row.address),
    name: String(row.name),
    node: String(row.node),
    protocols: (row.protocols as readonly unknown[] | undefined)?.map(String) ?? [],
    first_seen: Number(row.first_seen),
    last_seen: Number(row.last_seen),
    demo: Number(row.demo) === 1,
    rates: { datagrams_per_second: 0, flows_per_second: 0, bits_per_second: 0 },
    counters: {},
    protocol_state: [],
  };
}

/** Adds what a running collector tells of an exporter; several collectors may hear the same one. */
function merge(known: Answered | undefined, live: ExporterStatus): Answered {
  const base = known ?? {
    ...fromRow({ key: live.key, address: live.address, name: '', node: '' }),
    first_seen: live.firstSeen,
    last_seen: 0,
  };
  const counters = { ...base.counters };
  for (const [account, count] of Object.entries(live.counters)) counters[account] = (counters[account] ?? 0) + count;
  const protocols = new Set([...base.protocols, ...live.protocols.map((summary) => summary.protocol)]);
  return {
    ...base,
    node: base.node || live.node,
    protocols: [...protocols],
    first_seen: Math.round(Math.min(base.first_seen || live.firstSeen, live.firstSeen || base.first_seen)),
    last_seen: Math.round(Math.max(base.last_seen, live.lastSeen)),
    demo: base.demo || live.demo,
    counters,
    protocol_state: [...base.protocol_state, ...live.protocols] as Answered['protocol_state'],
  };
}

async function handle(asking: Asking, rates: Rates): Promise<ExportersAnswer> {
  const statuses = asking.deps.collectors();
  rates.look(statuses);
  const known = new Map<string, Answered>();
  const bytes = new Map<string, number>();
  // Exporters are shown while the store is down too: they are then those that the collectors hear.
  try {
    for (const row of await asking.rows({ sql: KNOWN, params: {} })) known.set(String(row.key), fromRow(row));
    const from = BigInt(asking.now - WINDOW_S * 1000);
    for (const row of await asking.rows({ sql: TRAFFIC, params: { from } }))
      bytes.set(String(row.key), Number(row.bytes));
  } catch (error) {
    if (asking.signal.aborted) throw error;
    asking.deps.onError?.(error, '/api/v1/exporters');
  }
  for (const live of statuses.flatMap((status) => status.exporters))
    known.set(live.key, merge(known.get(live.key), live));
  const exporters = [...known.values()].map((exporter) => ({
    ...exporter,
    rates: { ...rates.of(exporter.key), bits_per_second: ((bytes.get(exporter.key) ?? 0) * 8) / WINDOW_S },
  }));
  return { exporters };
}

/** The route, and the rates that must look at the counters every few seconds. */
export function exporters(): { readonly route: Route; readonly rates: Rates } {
  const rates = new Rates();
  return {
    rates,
    route: route({
      path: 'exporters',
      summary: 'Exporters',
      description: 'Who sends flows: what is known of each, its rates, its accounts in the ledger and its templates.',
      query: z.strictObject({}),
      answer: ExportersAnswer,
      answerName: 'ExportersAnswer',
      example: '',
      handle: (_, asking) => handle(asking, rates),
    }),
  };
}
