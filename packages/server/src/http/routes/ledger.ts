// GET /api/v1/ledger
import { LedgerAnswer, LedgerQuery, QueryError, resolveTime } from '@weir/query';
import { ACCOUNTS, type AccountName, BALANCES } from '@weir/record';
import { route } from '../route.ts';

const SQL = `SELECT toString(exporter) AS exporter, account, toFloat64(sum(count)) AS counted FROM weir.ledger
WHERE account != '' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY exporter, account`;
const ADDRESSES = 'SELECT toString(key) AS key, address FROM weir.exporters FINAL';

type Counts = Record<string, number>;

/** Accounts in which a received flow has come to rest. */
const ENDED: readonly AccountName[] = ['flows_stored', 'flows_spool_failed', 'flows_spool_cap', 'flows_spool_corrupt'];

export const ledger = route({
  path: 'ledger',
  summary: 'The loss ledger',
  description:
    'Where every datagram and every flow record ended, for each exporter, over a range of time, and whether the sums hold.',
  query: LedgerQuery,
  answer: LedgerAnswer,
  answerName: 'LedgerAnswer',
  example: 'from=now-1h',
  async handle(query, asking) {
    const from = resolveTime(query.from, asking.now) ?? 0;
    const to = resolveTime(query.to, asking.now) ?? asking.now;
    if (from >= to) throw new QueryError('bad_parameter', [{ message: 'from is not before to', parameter: 'from' }]);
    const counted = await asking.rows({ sql: SQL, params: { from: BigInt(from), to: BigInt(to) } });
    const known = await asking.rows({ sql: ADDRESSES, params: {} });
    const addresses = new Map(known.map((row) => [String(row.key), String(row.address)]));
    const total: Counts = {};
    const exporters = new Map<string, Counts>();
    for (const row of counted) {
      const key = String(row.exporter);
      const counts = exporters.get(key) ?? {};
      const account = String(row.account);
      counts[account] = Number(row.counted);
      total[account] = (total[account] ?? 0) + Number(row.counted);
      exporters.set(key, counts);
    }
    const sum = (names: readonly AccountName[]): number =>
      names.reduce((before, name) => before + (total[name] ?? 0), 0);
    return {
      meta: asking.meta({ from, to, resolution: 'ledger' }, false),
      accounts: Object.entries(ACCOUNTS).map(([name, account]) => ({ name, ...account })),
      exporters: [...exporters].map(([key, counts]) => ({ key, address: addresses.get(key) ?? '', counts })),
      total,
      in_flight: Math.max(0, (total.flows_received ?? 0) - sum(ENDED)),
      balances: BALANCES.map((balance) => ({
        total: balance.total,
        parts: [...balance.parts],
        difference: (total[balance.total] ?? 0) - sum(balance.parts),
      })),
    };
  },
});
