// Which rows of the flows table tell of traffic. Answers and roll-ups count flows by the same condition.

/** Counters of traffic: a record of an event that has one tells of traffic too. */
const COUNTERS = ['bytes', 'packets', 'rev_bytes', 'rev_packets'] as const;

/**
 * SQL condition that a row is a flow and no mere event, such as a denied connection, a NAT mapping or a dropped packet; undefined while
 * the table has no events. `present`: columns of the table; `table` qualifies them.
 */
export function trafficSql(present: ReadonlySet<string>, table = ''): string | undefined {
  if (!present.has('record_type')) return undefined;
  const counters = COUNTERS.filter((name) => present.has(name));
  return [`${table}record_type = 0`, ...counters.map((name) => `${table}${name} > 0`)].join(' OR ');
}
