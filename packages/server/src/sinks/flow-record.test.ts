// Flows as sinks have them against the same flows as the API answers them: from a real store, with random values in every column.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flow, FlowsPager, FlowsQuery, parseQuery } from '@weir/query';
import { flowColumns, flowRecords, NAMES_CONSUMER, Names, RECORD_NAMES } from '@weir/sinks';
import { RANDOM_TIME, RandomFlows } from '@weir/sinks/testing';
import { makeConsumer, STORE } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { Loader, openStore, type Store } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROWS = 400;

let root: string;
let store: Store;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-record-'));
  store = openStore({ path: join(root, 'store') });
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

async function fromApi(): Promise<Flow[]> {
  const query = parseQuery(FlowsQuery, { from: RANDOM_TIME, to: RANDOM_TIME + ROWS, limit: ROWS });
  const columnsPresent = store.columnsPresent();
  const pager = new FlowsPager(query, { columnsPresent, rolledUpUntil: {}, now: RANDOM_TIME + ROWS });
  while (!pager.done) {
    const { sql, params } = pager.next();
    pager.take((await store.query(sql, params)).rows);
  }
  // The newest come first.
  return pager.page().flows.reverse();
}

describe('a flow as sinks have it', () => {
  it('has the names and the values that the API gives it', async () => {
    await store.migrate();
    const random = new RandomFlows(17);
    const spool = new TestSpool(join(root, 'spool'));
    makeConsumer(spool.dir, NAMES_CONSUMER);
    random.announce(spool.dir, [STORE, NAMES_CONSUMER]);
    const batch = random.batch(ROWS);
    spool.write(batch);
    await new Loader({ store, dir: spool.dir }).loadOnce();
    const names = await Names.open({ dir: spool.dir, keptIn: join(root, 'names') });
    await names.take();
    const record = flowRecords(flowColumns(), batch, names);
    const flows = await fromApi();
    expect(flows).toHaveLength(ROWS);
    for (const [row, flow] of flows.entries()) expect(record(row)).toEqual(flow);
    expect(new Set(flows.flatMap((flow) => Object.keys(flow))).size).toBeGreaterThan(RECORD_NAMES.length / 2);
  });
});
