// Looks into an embedded store that nobody else has open: whether a numbered flow is in it twice. A process of its own, because a process has
// one engine. Prints JSON.
import { openStore } from '@weir/store';

export interface StoredFlows {
  readonly rows: number;
  readonly distinct: number;
}

/** Numbers that are compared at once: what of them is in memory. */
const STEP = 4_000_000;

async function main(path: string, last: number): Promise<void> {
  const store = openStore({ path });
  let rows = 0;
  let distinct = 0;
  for (let from = 1; from <= last; from += STEP) {
    const answer = await store.query(
      `SELECT count() AS rows, uniqExact(bytes) AS distinct FROM weir.flows
       WHERE bytes BETWEEN {from:UInt64} AND {to:UInt64}`,
      { from, to: from + STEP - 1 },
    );
    rows += Number(answer.rows[0].rows);
    distinct += Number(answer.rows[0].distinct);
  }
  await store.close();
  process.stdout.write(JSON.stringify({ rows, distinct } satisfies StoredFlows));
}

await main(process.argv[2], Number(process.argv[3]));
