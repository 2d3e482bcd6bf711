// What is counted as traffic on a real store: flows, and events that carry counters.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTop, parseQuery, TopQuery } from '@weir/query';
import { RECORD_TYPE } from '@weir/record';
import { openStore, type Store } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const HOUR = Date.UTC(2026, 0, 2, 10);
const dir = mkdtempSync(join(tmpdir(), 'weir-events-'));
let store: Store;

beforeAll(async () => {
  store = openStore({ path: join(dir, 'store') });
  await store.migrate();
  await flows(3, { bytes: 100, packets: 1 });
  await flows(1, { bytes: 0, packets: 0 });
});
afterAll(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** So many rows in the table of flows, the same but for their time. */
async function flows(rows: number, columns: Readonly<Record<string, number>>): Promise<void> {
  await store.command(
    `INSERT INTO weir.flows (time_received, ${Object.keys(columns).join(', ')}) SETTINGS insert_deduplicate = 0
     SELECT toDateTime64(${HOUR / 1000} + number, 3, 'UTC'), ${Object.values(columns).join(', ')} FROM numbers(${rows})`,
  );
}

async function top(metrics: string, by = '', filter = '', rolledUpUntil = {}) {
  const query = parseQuery(TopQuery, { from: HOUR, to: HOUR + 6 * 3_600_000, metrics, by, filter });
  const compiled = compileTop(query, { columnsPresent: store.columnsPresent(), rolledUpUntil, now: HOUR });
  const result = await store.query(compiled.sql, compiled.params, { settings: compiled.settings });
  return { ...compiled.answer(result), resolution: compiled.resolution };
}

describe('counts of traffic', () => {
  it('are of all rows while there are no events', async () => {
    expect((await top('flows,connections,events')).total).toEqual({ flows: 4, connections: 4, events: 0 });
    const rolledUpUntil = { '1h': HOUR + 6 * 3_600_000 };
    expect((await top('events', '', '', rolledUpUntil)).resolution).toBe('1h');
  });

  it('leave out events without counters, which are counted apart', async () => {
    await store.addColumns([
      { name: 'record_type', type: 'UInt8' },
      { name: 'rev_bytes', type: 'UInt64' },
      { name: 'connections', type: 'UInt32' },
    ]);
    const { conversation_start, conversation_end, deny, nat_event, drop_sample } = RECORD_TYPE;
    await flows(5, { record_type: deny });
    await flows(7, { record_type: nat_event });
    await flows(2, { record_type: conversation_start });
    await flows(1, { record_type: drop_sample });
    await flows(2, { record_type: conversation_end, bytes: 500, packets: 5, connections: 4 });
    await flows(1, { record_type: conversation_end, rev_bytes: 60 });
    const { total } = await top('flows,connections,events,bytes,flows_per_second');
    expect(total).toEqual({ flows: 7, connections: 13, events: 15, bytes: 1300, flows_per_second: 7 / 21_600 });
  });

  it('by kind of record say how many connections were denied', async () => {
    const { rows } = await top('events,flows', 'record_type');
    expect(rows.map(({ key, values }) => [key.record_type, values.events, values.flows])).toEqual([
      [RECORD_TYPE.nat_event, 7, 0],
      [RECORD_TYPE.deny, 5, 0],
      [RECORD_TYPE.conversation_start, 2, 0],
      [RECORD_TYPE.drop_sample, 1, 0],
      [RECORD_TYPE.flow, 0, 4],
      [RECORD_TYPE.conversation_end, 0, 3],
    ]);
    expect((await top('events', '', 'record_type = deny')).total).toEqual({ events: 5 });
  });

  it('of events are read from the flows: roll-ups do not keep them', async () => {
    const rolledUpUntil = { '1h': HOUR + 6 * 3_600_000 };
    expect((await top('flows', '', '', rolledUpUntil)).resolution).toBe('1h');
    expect(await top('events', '', '', rolledUpUntil)).toMatchObject({ resolution: 'flows', total: { events: 15 } });
  });
});
