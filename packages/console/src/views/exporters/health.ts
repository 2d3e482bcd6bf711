// Whether an exporter does what it should: reports, and loses nothing on the way. Pure.
import { ACCOUNTS, type AccountName } from '@weir/record';
import type { Exporter, ProtocolSummary } from '../../api/types.ts';

/** An exporter that sent nothing for this long is called silent: agents report at least once a minute. */
const SILENT_MS = 60_000;

export function isReporting(exporter: Exporter, now: number): boolean {
  return now - exporter.last_seen < SILENT_MS;
}

/** Accounts in which something of an exporter's ends that should not, with what each counts. */
export function losses(counters: Readonly<Record<string, number>>): { name: AccountName; count: number }[] {
  return (Object.keys(ACCOUNTS) as AccountName[])
    .filter((name) => ACCOUNTS[name].role === 'lost' && (counters[name] ?? 0) > 0)
    .map((name) => ({ name, count: counters[name] ?? 0 }));
}

/** Columns the list can be sorted by, each as a number or text to compare. */
export const SORTS: Readonly<Record<string, (exporter: Exporter) => number | string>> = {
  exporter: (exporter) => exporter.name || exporter.address,
  node: (exporter) => exporter.node,
  datagrams: (exporter) => exporter.rates.datagrams_per_second,
  flows: (exporter) => exporter.rates.flows_per_second,
  bits: (exporter) => exporter.rates.bits_per_second,
  seen: (exporter) => exporter.last_seen,
  lost: (exporter) => losses(exporter.counters).reduce((sum, loss) => sum + loss.count, 0),
};

/** Exporters in the order of `sort`: a column, `-` before it for falling. Equal ones stay by address. */
export function sortExporters(exporters: readonly Exporter[], sort: string): Exporter[] {
  const falling = sort.startsWith('-');
  const by = SORTS[sort.replace(/^-/, '')] ?? SORTS.exporter;
  const compare = (a: number | string, b: number | string) =>
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en', { numeric: true });
  return [...exporters].sort((a, b) => {
    const order = by === undefined ? 0 : compare(by(a), by(b));
    return (falling ? -order : order) || compare(a.address, b.address);
  });
}

/** The sort after a click on a column's head: rising for texts, falling first for numbers, then the other way. */
export function nextSort(sort: string, column: string): string {
  if (sort === column) return `-${column}`;
  if (sort === `-${column}`) return column;
  return column === 'exporter' || column === 'node' ? column : `-${column}`;
}

/** Protocols as people write them. */
export function protocolName(name: string): string {
  const known: Readonly<Record<string, string>> = {
    netflow5: 'NetFlow v5',
    netflow9: 'NetFlow v9',
    netflow7: 'NetFlow v7',
    ipfix: 'IPFIX',
    sflow5: 'sFlow v5',
  };
  return known[name] ?? name;
}

/** Sampling rates of a domain, each once with all it is for: a switch has the same rate on hundreds of ports. */
export function samplingOf(domain: ProtocolSummary['domains'][number]): { rate: number; selectors: string[] }[] {
  const rates = new Map<number, string[]>();
  for (const { selector, rate } of domain.sampling) {
    rates.set(rate, [...(rates.get(rate) ?? []), selector === '' ? 'everything' : selector]);
  }
  return [...rates]
    .map(([rate, selectors]) => ({
      rate,
      selectors: selectors.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    }))
    .sort((a, b) => a.rate - b.rate);
}
