// Against the embedded engine and a server. Each test has a spool of its own.
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exporterKey,
  FIELD,
  FIELDS,
  FlowBatch,
  isList,
  KINDS,
  keyText,
  ListColumn,
  parseAddress,
  setNumber,
} from '@weir/record';
import { claim, consumerFolders, makeConsumer, makeSpool, STORE, writeDimension, writeLedger } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { describeStores } from '../testing/stores.ts';
import { Loader } from './loader.ts';

let store: Store;
let root: string;
let dir: string;
let spools = 0;

const TIME = Date.UTC(2026, 0, 2, 10, 0, 0);
const EXPORTER = exporterKey('192.0.2.1');

/** Rows whose observation domain is the test's own number, so that tests do not see each other's. */
function batchOf(rows: number, domain: number, firstReceived = TIME, stepMs = 1): FlowBatch {
  const batch = new FlowBatch(rows);
  for (let row = 0; row < rows; row++) {
    setNumber(batch.use(FIELD.time_received), row, firstReceived + row * stepMs);
    setNumber(batch.use(FIELD.flow_id), row, domain * 1_000_000 + row);
    batch.use(FIELD.exporter).set([EXPORTER.lo, EXPORTER.hi], row * 2);
    batch.use(FIELD.observation_domain)[row] = domain;
  }
  batch.length = rows;
  return batch;
}

function spool(...batches: FlowBatch[]): string {
  return new TestSpool(dir).write(...batches).name;
}

const fileOf = (name: string, ending = '.native') => join(consumerFolders(dir, STORE).flows, name + ending);

async function stored(domain: number): Promise<{ rows: number; distinct: number }> {
  const { rows } = await store.query(
    'SELECT count() AS rows, uniqExact(flow_id) AS distinct FROM weir.flows WHERE observation_domain = {domain:UInt32}',
    { domain },
  );
  return { rows: Number(rows[0].rows), distinct: Number(rows[0].distinct) };
}

async function counted(account: string, source: string): Promise<number> {
  const { rows } = await store.query(
    'SELECT sum(count) AS count FROM weir.ledger WHERE account = {account:String} AND source = {source:String}',
    { account, source: `end-store-${source}` },
  );
  return Number(rows[0].count);
}

describeStores('Loader', {}, (get, kind) => {
  beforeAll(() => {
    ({ store, dir: root } = get());
  });
  beforeEach(() => {
    dir = join(root, `spool${spools++}`);
  });

  it('brings every kind of column into the store as it was in the batch', async () => {
    const batch = batchOf(3, 1);
    for (const field of FIELDS) {
      if (['time_received', 'observation_domain', 'exporter', 'flow_id'].includes(field.name)) continue;
      const column = batch.use(field);
      if (column instanceof ListColumn) {
        if (column.kind === 'list(u32)') for (const item of [7, 4294967295]) column.push(1, item);
        else column.pushAddress(2, ...(parseAddress('2001:db8::1') as unknown as [number, number, number, number]));
      } else if (field.kind === 'addr') {
        column.set(parseAddress('10.1.2.3'), 0);
        column.set(parseAddress('2001:db8::ff'), 4);
      } else if (field.kind === 'time') setNumber(column as Uint32Array, 1, 1_700_000_000_123);
      else {
        const { words, bytes } = KINDS[field.kind];
        // Row 1 is all ones, row 2 is the field's number.
        for (let word = 0; word < words; word++) column[words + word] = 2 ** (8 * Math.min(bytes, 4)) - 1;
        column[2 * words] = field.index % 256;
      }
    }
    spool(batch);
    const loader = new Loader({ store, dir });
    expect(await loader.loadOnce()).toBe(1);
    expect(store.columnsPresent().size).toBe(FIELDS.length);

    const { rows } = await store.query(
      `SELECT ${FIELDS.map((field) => field.name).join(', ')} FROM weir.flows
       WHERE observation_domain = 1 ORDER BY time_received`,
    );
    for (const field of FIELDS) {
      if (['time_received', 'observation_domain', 'exporter', 'flow_id'].includes(field.name)) continue;
      const values = rows.map((row) => row[field.name]);
      const ones = { 1: 255, 2: 65535, 4: 4294967295, 8: '18446744073709551615' }[KINDS[field.kind].bytes];
      const number = field.index % 256;
      const expected = isList(field.kind)
        ? field.kind === 'list(u32)'
          ? [[], [7, 4294967295], []]
          : [[], [], ['2001:db8::1']]
        : field.kind === 'addr'
          ? ['::ffff:10.1.2.3', '2001:db8::ff', '::']
          : field.kind === 'time'
            ? ['1970-01-01 00:00:00.000', '2023-11-14 22:13:20.123', '1970-01-01 00:00:00.000']
            : typeof ones === 'string'
              ? ['0', ones, String(number)]
              : [0, ones, number];
      expect(values, field.name).toEqual(expected);
    }
  });

  it('stores blocks with different columns from one file', async () => {
    const rich = batchOf(2, 2);
    rich.use(FIELD.mpls_labels).push(1, 16);
    rich.use(FIELD.ip_ttl)[0] = 64;
    spool(batchOf(2, 2), rich);
    await new Loader({ store, dir }).loadOnce();
    const { rows } = await store.query(
      'SELECT sum(ip_ttl) AS ttl, sum(length(mpls_labels)) AS labels, count() AS rows FROM weir.flows WHERE observation_domain = 2',
    );
    expect(rows).toEqual([{ ttl: '64', labels: '1', rows: '4' }]);
  });

  it('counts what is stored by exporter and deletes the file', async () => {
    const name = spool(batchOf(5, 3));
    const loader = new Loader({ store, dir });
    await loader.loadOnce();
    expect(await counted('flows_stored', name)).toBe(5);
    expect(readdirSync(consumerFolders(dir, STORE).flows)).toEqual([]);
    expect(loader.stats).toMatchObject({ files: 1, rows: 5, failures: 0 });
  });

  it('does not store a file again that was in the store when the process was killed', async () => {
    // Two hours: two parts, each there or not on its own.
    const name = spool(batchOf(10, 4, TIME, 600_000));
    const keep = join(dir, 'copy');
    for (const ending of ['native', 'json']) copyFileSync(fileOf(name, `.${ending}`), `${keep}.${ending}`);
    await new Loader({ store, dir }).loadOnce();
    for (const ending of ['native', 'json']) copyFileSync(`${keep}.${ending}`, fileOf(name, `.${ending}`));
    claim(dir, STORE, name);
    const loader = new Loader({ store, dir });
    await loader.loadOnce();
    // A server is trusted to know the token.
    if (kind === 'embedded') expect(loader.stats).toMatchObject({ recovered: 1, recoveredPresent: 1 });
    expect(await stored(4)).toEqual({ rows: 10, distinct: 10 });
    expect(await counted('flows_stored', name)).toBe(10);
  });

  // An engine in this process: a server is trusted to know the token.
  it.runIf(kind === 'embedded')(
    'stores what is missing although the engine knows the token, as when it was killed before the part was visible',
    async () => {
      const name = spool(batchOf(10, 5, TIME, 600_000));
      const keep = join(dir, 'copy');
      for (const ending of ['native', 'json']) copyFileSync(fileOf(name, `.${ending}`), `${keep}.${ending}`);
      await new Loader({ store, dir }).loadOnce();
      await store.command(
        `ALTER TABLE weir.flows DELETE WHERE observation_domain = 5 AND time_received >= '2026-01-02 11:00:00'
       SETTINGS mutations_sync = 2`,
      );
      expect(await stored(5)).toEqual({ rows: 6, distinct: 6 });
      for (const ending of ['native', 'json']) copyFileSync(`${keep}.${ending}`, fileOf(name, `.${ending}`));
      claim(dir, STORE, name);
      const loader = new Loader({ store, dir });
      await loader.loadOnce();
      expect(loader.stats).toMatchObject({ recovered: 1, recoveredPresent: 0 });
      expect(await stored(5)).toEqual({ rows: 10, distinct: 10 });
      expect(await counted('flows_stored', name)).toBe(10);
    },
  );

  it('sums the ledger up to five minutes once it is hours old', async () => {
    const loader = new Loader({ store, dir });
    const hoursAgo = Math.floor((Date.now() - 3 * 3_600_000) / 300_000) * 300_000;
    const row = (time: number, count: number) =>
      ({ time, collector: 'ttl', exporter: keyText(EXPORTER), account: 'datagrams_received', count }) as const;
    for (let second = 0; second < 10; second++) writeLedger(dir, `old-${second}`, [row(hoursAgo + second * 1000, 1)]);
    writeLedger(dir, 'old-10', [row(hoursAgo + 300_000, 7)]);
    writeLedger(dir, 'new', [row(Date.now(), 2), row(Date.now(), 3)]);
    await loader.loadOnce();
    await store.command('OPTIMIZE TABLE weir.ledger FINAL');
    const { rows } = await store.query(
      `SELECT toUnixTimestamp64Milli(time) AS time, count, source = '' AS summed FROM weir.ledger
       WHERE collector = 'ttl' ORDER BY time, count`,
    );
    expect(rows.map(({ count, summed }) => [Number(count), summed])).toEqual([
      [10, 1],
      [7, 1],
      [2, 0],
      [3, 0],
    ]);
    expect(Number(rows[0].time)).toBe(hoursAgo);
  });

  it('takes in dimensions and answers with their newest row', async () => {
    const row = (name: string, version: string) => ({
      key: keyText(EXPORTER),
      address: '192.0.2.1',
      name,
      node: 'node-1',
      group: '',
      site: '',
      protocols: ['netflow5'],
      first_seen: TIME,
      last_seen: TIME,
      demo: 0,
      version,
    });
    makeSpool(dir);
    makeConsumer(dir, STORE);
    writeDimension(dir, [STORE], 'name', 'exporters', [row('new', '2'), row('old', '1')]);
    const folder = consumerFolders(dir, STORE).dimension('exporters');
    writeFileSync(join(folder, 'broken.jsonl'), '{"key": "not a number"}\n');
    await new Loader({ store, dir }).loadOnce();
    const { rows } = await store.query(
      `SELECT dictGet('weir.exporters_dict', 'name', {key:UInt64}) AS name,
              dictGet('weir.exporters_dict', 'first_seen', {key:UInt64}) AS first_seen`,
      { key: keyText(EXPORTER) },
    );
    expect(rows).toEqual([{ name: 'new', first_seen: '2026-01-02 10:00:00.000' }]);
    expect(readdirSync(consumerFolders(dir, STORE).aside)).toContain('exporters-broken.jsonl');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes in the ledger of collectors once, also after a crash', async () => {
    makeSpool(dir);
    makeConsumer(dir, STORE);
    const ledgerRow = {
      time: Date.now() - 7 * 86_400_000,
      collector: 'c7',
      exporter: '7',
      account: 'sequence_lost_flows',
    } as const;
    writeLedger(dir, 'first', [
      { ...ledgerRow, count: 5 },
      { ...ledgerRow, count: -2 },
    ]);
    const { ledger } = consumerFolders(dir, STORE);
    const [file] = readdirSync(ledger);
    const bytes = readFileSync(join(ledger, file));
    await new Loader({ store, dir }).loadOnce();
    await store.command('OPTIMIZE TABLE weir.ledger FINAL');
    writeFileSync(join(ledger, file), bytes);
    writeLedger(dir, 'second', [{ ...ledgerRow, count: 1 }]);
    await new Loader({ store, dir }).loadOnce();
    const { rows } = await store.query("SELECT sum(count) AS count FROM weir.ledger WHERE collector = 'c7'");
    expect(rows).toEqual([{ count: '4' }]);
    expect(readdirSync(ledger)).toEqual([]);
  });

  it('counts what is in a damaged or removed ledger file from its copy, and sets aside what is in neither', async () => {
    makeSpool(dir);
    makeConsumer(dir, STORE);
    const { ledger, ledgerCopy, aside } = consumerFolders(dir, STORE);
    const row = { time: Date.now(), collector: 'c8', exporter: '8', account: 'sequence_lost_flows' } as const;
    for (const [index, name] of ['digit', 'cut', 'removed', 'copy', 'both'].entries()) {
      writeLedger(dir, name, [{ ...row, count: 10 ** index }]);
    }
    const file = (folder: string, name: string) => join(folder, `${name}.jsonl`);
    const edit = (path: string, edited: (text: string) => string) =>
      writeFileSync(path, edited(readFileSync(path, 'utf8')));
    edit(file(ledger, 'digit'), (text) => text.replace('"count":1', '"count":3'));
    edit(file(ledger, 'cut'), () => '');
    rmSync(file(ledger, 'removed'));
    for (const [folder, name] of [
      [ledgerCopy, 'copy'],
      [ledger, 'both'],
      [ledgerCopy, 'both'],
    ] as const) {
      edit(file(folder, name), (text) => text.slice(0, -9));
    }
    await new Loader({ store, dir }).loadOnce();
    const { rows } = await store.query("SELECT sum(count) AS count FROM weir.ledger WHERE collector = 'c8'");
    expect(rows).toEqual([{ count: '1111' }]);
    expect([readdirSync(ledger), readdirSync(ledgerCopy)]).toEqual([[], []]);
    expect(readdirSync(aside)).toEqual(['both.jsonl', 'both.jsonl.reason']);
  });

  it('counts nothing as stored that the engine does not say it wrote, and looks for it', async () => {
    const name = spool(batchOf(10, 11));
    const loader = new Loader({ store, dir });
    const insert = vi.spyOn(store, 'insertFile').mockResolvedValueOnce(9);
    await expect(loader.loadOnce()).rejects.toThrow(
      `of the 10 flows of ${name} the engine wrote 9; they are looked for`,
    );
    insert.mockRestore();
    expect(await counted('flows_stored', name)).toBe(0);
    await loader.loadOnce();
    expect(await stored(11)).toEqual({ rows: 10, distinct: 10 });
    expect(await counted('flows_stored', name)).toBe(10);
  });

  it('says why it does not load and goes on when it can', async () => {
    spool(batchOf(2, 8));
    let refuse = true;
    const loader = new Loader({
      store,
      dir,
      pollMs: 5,
      maxBackoffMs: 5,
      onFlows: async () => {
        if (refuse) throw new Error('not now');
      },
    });
    loader.start();
    while (loader.stats.failures < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(loader.state).toMatchObject({ state: 'retrying', code: 'engine', reason: 'not now' });
    refuse = false;
    while (loader.stats.files < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await loader.stop();
    expect(await stored(8)).toEqual({ rows: 2, distinct: 2 });
    expect(loader.state).toEqual({ state: 'stopped' });
  });

  it('says whether the store or the spool is in the way, in the words of whoever runs it', async () => {
    spool(batchOf(2, 9));
    const failures = [
      new StoreError('not_writable', 'errno: 30'),
      Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }),
    ];
    const told: string[] = [];
    const loader = new Loader({
      store,
      dir,
      pollMs: 5,
      maxBackoffMs: 5,
      onFlows: async () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
      },
      explain: ({ place, code, reason }) => {
        told.push(`${place} ${code}: ${reason}`);
        return `look at the ${place}`;
      },
      log: (level, message, details) => told.push(`${level} ${message} ${details?.reason ?? ''}`),
    });
    loader.start();
    while (loader.stats.files < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await loader.stop();
    expect(told).toEqual([
      'destination not_writable: errno: 30',
      'error the store does not take flows look at the destination',
      'spool not_writable: EROFS: read-only file system',
      'error the store does not take flows look at the spool',
      'info the store takes flows again ',
    ]);
  });
});
