// GET /api/v1/ledger
import { booksOf, LedgerAnswer, LedgerQuery, QueryError, resolveTime } from '@weir/query';
import { ACCOUNTS } from '@weir/record';
import { route } from '../route.ts';

// Rows without an account are marks of what was taken in.
const SQL = `SELECT toString(exporter) AS exporter, consumer, account, toFloat64(sum(count)) AS counted FROM weir.ledger
WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC') AND account != ''
GROUP BY exporter, consumer, account`;
const ADDRESSES = 'SELECT toString(key) AS key, address FROM weir.exporters FINAL';

export const ledger = route({
  path: 'ledger',
  summary: 'The loss ledger',
  description:
    'Where every datagram and every flow record ended, for each exporter, over a range of time, and whether the sums hold for each.',
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
    return {
      meta: asking.meta({ from, to, resolution: 'ledger' }, false),
      accounts: Object.entries(ACCOUNTS).map(([name, account]) => ({ name, ...account })),
      ...booksOf(
        counted.map(({ exporter, consumer, account, counted: count }) => ({
          exporter: String(exporter),
          consumer: String(consumer),
          account: String(account),
          count: Number(count),
        })),
        addresses,
      ),
    };
  },
});
