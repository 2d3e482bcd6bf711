import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, makeSpool, removeClaim, STORE } from '@weir/spool';
import { A, batchFrom, TestSpool } from '@weir/spool/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.ts';
import { RollupMaker } from './rollup-maker.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-rollup-'));
const spool = join(root, 'spool');
let store: Store;

beforeAll(async () => {
  makeSpool(spool);
  store = openStore({ path: join(root, 'data') });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const table of ['flows', 'flows_1m', 'flows_5m', 'flows_1h', 'rollup_state']) {
    await store.command(`TRUNCATE TABLE weir.${table}`);
  }
  for (const file of ['tmp', 'native']) rmSync(join(spool, 'flows', `held.${file}`), { force: true });
});

/** 2026-01-02 10:00:00 UTC. */
const HOUR = Date.UTC(2026, 0, 2, 10) / 1000;
const MINUTE = 60;

/** `rows` flows spread over a minute, between `rows` pairs, each of 100 bytes and 2 packets to port 443 from a high port. */
async function flowsAt(second: number, rows = 6, more: Record<string, string> = {}): Promise<void> {
  const columns = Object.entries({
    time_received: `toDateTime64(${second} + number * 60 / ${rows}, 3, 'UTC')`,
    src_entity: 'number',
    dst_entity: '1000 + number',
    src_port: '40000 + number',
    dst_port: '443',
    proto: '6',
    bytes: '100',
    packets: '2',
    ...more,
  });
  await store.command(
    // The same rows again, in the next test, are no duplicates.
    `INSERT INTO weir.flows (${columns.map(([name]) => name).join(', ')}) SETTINGS insert_deduplicate = 0
     SELECT ${columns.map(([, sql]) => sql).join(', ')} FROM numbers(${rows})`,
  );
}

function makerAt(now: number): RollupMaker {
  return new RollupMaker({ store, dir: spool, now: () => now * 1000, graceMs: 10_000 });
}

async function makeAll(maker: RollupMaker): Promise<void> {
  await maker.prepare();
  while (await maker.step());
}

async function sums(table: string): Promise<unknown[]> {
  const { rows } = await store.query(
    `SELECT toUnixTimestamp(time) AS time, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows,
            sum(connections) AS connections FROM weir.${table} GROUP BY time ORDER BY time`,
  );
  return rows.map((row) => [row.time, row.bytes, row.packets, row.flows, row.connections].map(Number));
}

describe('RollupMaker', () => {
  it('makes a minute when it is over and its grace has passed, and coarser ones from whole finer ones', async () => {
    for (let minute = 0; minute < 62; minute++) await flowsAt(HOUR + minute * MINUTE);
    const early = makerAt(HOUR + 61 * MINUTE + 9);
    await makeAll(early);
    // Minute 60 is over, but its grace is not.
    expect(early.rolledUpUntil()).toEqual({
      '1m': (HOUR + 60 * MINUTE) * 1000,
      '5m': (HOUR + 60 * MINUTE) * 1000,
      '1h': (HOUR + 3600) * 1000,
    });
    const minutes = await sums('flows_1m');
    expect(minutes).toHaveLength(60);
    expect(minutes[0]).toEqual([HOUR, 600, 12, 6, 6]);
    expect(await sums('flows_5m')).toHaveLength(12);
    expect(await sums('flows_1h')).toEqual([[HOUR, 36_000, 720, 360, 360]]);
    // Pairs are merged over time: six pairs in each slot.
    const { rows } = await store.query('SELECT count() AS rows FROM weir.flows_1h');
    expect(rows).toEqual([{ rows: '6' }]);
  });

  it('waits for spool files that hold flows of the minute', async () => {
    await flowsAt(HOUR);
    await flowsAt(HOUR + MINUTE);
    const waiting = new TestSpool(spool).write(batchFrom([A], (HOUR + MINUTE + 30) * 1000));
    const maker = makerAt(HOUR + 10 * MINUTE);
    await makeAll(maker);
    expect(maker.rolledUpUntil()['1m']).toBe((HOUR + MINUTE) * 1000);
    removeClaim(claim(spool, STORE, waiting.name)!);
    while (await maker.step());
    expect(maker.rolledUpUntil()['1m']).toBe((HOUR + 9 * MINUTE) * 1000);
    expect(await sums('flows_1m')).toHaveLength(2);
  });

  it('gives way while the loader is behind, and stops without finishing the minute', async () => {
    await flowsAt(HOUR);
    const waiting = new TestSpool(spool);
    const later = [1, 2, 3].map((second) => waiting.write(batchFrom([A], (HOUR + 9 * MINUTE + second) * 1000)).name);
    const maker = makerAt(HOUR + 10 * MINUTE);
    await maker.prepare();
    maker.start();
    await maker.stop();
    expect(await sums('flows_1m')).toEqual([]);
    expect(maker.rolledUpUntil()['1m']).toBe(0);
    expect(maker.stats.failures).toBe(0);
    for (const name of later) removeClaim(claim(spool, STORE, name)!);
    const next = makerAt(HOUR + 10 * MINUTE);
    await makeAll(next);
    expect(await sums('flows_1m')).toEqual([[HOUR, 600, 12, 6, 6]]);
  });

  it('makes a minute again for flows that come late, and tells readers not to use it until then', async () => {
    for (let minute = 0; minute < 60; minute++) await flowsAt(HOUR + minute * MINUTE, 2);
    const maker = makerAt(HOUR + 3600 + 30);
    await makeAll(maker);
    expect(await sums('flows_1h')).toEqual([[HOUR, 12_000, 240, 120, 120]]);
    const late = HOUR + 7 * MINUTE;
    await maker.flowsComing({ spans: [[late * 1000, late * 1000 + 59_000]] });
    await flowsAt(late, 3);
    expect(maker.rolledUpUntil()).toEqual({ '1m': late * 1000, '5m': (HOUR + 300) * 1000, '1h': HOUR * 1000 });
    // A process that starts now knows it too.
    const next = makerAt(HOUR + 3600 + 30);
    await makeAll(next);
    expect((await sums('flows_1m'))[7]).toEqual([late, 500, 10, 5, 5]);
    expect((await sums('flows_5m'))[1]).toEqual([HOUR + 300, 1300, 26, 13, 13]);
    expect(await sums('flows_1h')).toEqual([[HOUR, 12_300, 246, 123, 123]]);
    expect(next.rolledUpUntil()['1m']).toBe((HOUR + 3600) * 1000);
    expect(next.stats.slotsAgain).toBe(3);
  });

  it('removes what a killed process left of a slot before it makes it', async () => {
    await flowsAt(HOUR);
    await flowsAt(HOUR + MINUTE);
    await makeAll(makerAt(HOUR + MINUTE + 15));
    // As if killed in the middle of the second minute.
    await store.command(
      `INSERT INTO weir.flows_1m (time, src_entity, bytes, flows) VALUES (toDateTime(${HOUR + MINUTE}, 'UTC'), 77, 1, 1)`,
    );
    await makeAll(makerAt(HOUR + 2 * MINUTE + 15));
    expect(await sums('flows_1m')).toEqual([
      [HOUR, 600, 12, 6, 6],
      [HOUR + MINUTE, 600, 12, 6, 6],
    ]);
  });

  it('does not make again what retention has dropped', async () => {
    await flowsAt(HOUR);
    const maker = makerAt(HOUR + 5 * MINUTE);
    await makeAll(maker);
    await maker.flowsDropped((HOUR + 3600) * 1000);
    await store.command('TRUNCATE TABLE weir.flows');
    await maker.flowsComing({ spans: [[HOUR * 1000, HOUR * 1000]] });
    while (await maker.step());
    expect(await sums('flows_1m')).toEqual([[HOUR, 600, 12, 6, 6]]);
    expect(maker.rolledUpUntil()['1m']).toBeGreaterThan(HOUR * 1000);
  });

  it('marks only the slots that flows are in where a clock jumped in the middle of a file', async () => {
    await flowsAt(HOUR);
    const maker = makerAt(HOUR + 400 * 86_400);
    await makeAll(maker);
    const before = maker.stats.slotsAgain;
    await maker.flowsComing({
      spans: [
        [HOUR * 1000, HOUR * 1000 + 5],
        [(HOUR + 300 * 86_400) * 1000, (HOUR + 300 * 86_400) * 1000],
      ],
    });
    await makeAll(maker);
    // Two minutes, two times five minutes, two hours.
    expect(maker.stats.slotsAgain - before).toBe(6);
  });

  it('goes over a time without flows at once', async () => {
    await flowsAt(HOUR);
    await flowsAt(HOUR + 30 * 86_400);
    const maker = makerAt(HOUR + 30 * 86_400 + 5 * MINUTE);
    await makeAll(maker);
    expect(await sums('flows_1m')).toHaveLength(2);
    expect(maker.stats.slots).toBeLessThan(6);
    expect(maker.rolledUpUntil()['1m']).toBe((HOUR + 30 * 86_400 + 4 * MINUTE) * 1000);
  });

  it('keeps well-known ports and the most used ones, counts the rest as port 0, and takes the port of the server', async () => {
    // 1,500 ports above 1023: those from 20000 on have two flows each, the others one.
    await flowsAt(HOUR, 900, { dst_port: '20000 + number' });
    await flowsAt(HOUR, 1500, { dst_port: '20000 + number' });
    await flowsAt(HOUR, 4, { dst_port: '53', proto: '17' });
    await flowsAt(HOUR, 2, { src_port: '443', dst_port: '50000 + number', client_side: '2' });
    await makeAll(makerAt(HOUR + 2 * MINUTE));
    const { rows } = await store.query(
      `SELECT sumIf(flows, server_port = 53) AS dns, sumIf(flows, server_port = 443) AS https,
              sumIf(flows, server_port = 0) AS other, uniqExact(server_port) AS ports, sum(flows) AS total FROM weir.flows_1m`,
    );
    expect(rows).toEqual([{ dns: '4', https: '2', other: '500', ports: String(1000 + 3), total: '2406' }]);
  });

  it('counts no events as flows or connections, unless they carry counters', async () => {
    await store.addColumns([
      { name: 'record_type', type: 'UInt8' },
      { name: 'rev_bytes', type: 'UInt64' },
    ]);
    const none = { bytes: '0', packets: '0' };
    await flowsAt(HOUR, 3);
    // A flow of no bytes is a flow: nothing passed meanwhile.
    await flowsAt(HOUR, 2, none);
    for (const record_type of ['1', '4', '5', '6']) await flowsAt(HOUR, 5, { ...none, record_type });
    await flowsAt(HOUR, 1, { record_type: '3' });
    await flowsAt(HOUR, 1, { ...none, record_type: '3', rev_bytes: '70' });
    await makeAll(makerAt(HOUR + 2 * MINUTE));
    expect(await sums('flows_1m')).toEqual([[HOUR, 400, 8, 7, 7]]);
  });

  it('counts columns that appeared later', async () => {
    await store.addColumns([
      { name: 'dropped_bytes', type: 'UInt64' },
      { name: 'connections', type: 'UInt32' },
      { name: 'verdict', type: 'UInt8' },
    ]);
    await flowsAt(HOUR, 2, { dropped_bytes: '7', connections: '5', verdict: '2' });
    await flowsAt(HOUR, 2);
    await makeAll(makerAt(HOUR + 2 * MINUTE));
    const { rows } = await store.query(
      'SELECT sum(dropped_bytes) AS dropped, sum(connections) AS connections, sumIf(flows, verdict = 2) AS denied FROM weir.flows_1m',
    );
    expect(rows).toEqual([{ dropped: '14', connections: '12', denied: '2' }]);
  });
});
