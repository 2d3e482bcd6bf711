import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Enricher, parseInventory } from '@weir/enrich';
import {
  type DimensionName,
  type DimensionRow,
  exporterKey,
  FIELD,
  type Field,
  FlowBatch,
  type Key,
  parseAddress,
  setNumber,
  stringKey,
} from '@weir/record';
import { consumerFolders, filesIn, makeConsumer, makeSpool, writeDimension } from '@weir/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exporterRow, podKey, podRow, textRow } from '../testing/rows.ts';
import { NAMES_CONSUMER, Names, type NamesOptions } from './names.ts';

let root: string;
let dir: string;
let keptIn: string;
let files = 0;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-names-'));
  dir = join(root, 'spool');
  keptIn = join(root, 'kept');
  makeSpool(dir);
  makeConsumer(dir, NAMES_CONSUMER);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const announce = <D extends DimensionName>(dimension: D, ...rows: DimensionRow<D>[]) =>
  writeDimension(dir, [NAMES_CONSUMER], `file${String(files++).padStart(6, '0')}`, dimension, rows);
const waiting = (dimension: DimensionName) => filesIn(consumerFolders(dir, NAMES_CONSUMER).dimension(dimension));
const open = (options: Partial<NamesOptions> = {}) => Names.open({ dir, keptIn, ...options });

async function opened(options: Partial<NamesOptions> = {}): Promise<Names> {
  const names = await open(options);
  await names.take();
  return names;
}

/** What the key of a column names. */
function nameOf(names: Names, field: Field, key: Key, attribute = 'name', address = '10.0.0.9'): string | undefined {
  const batch = new FlowBatch(1);
  batch.core.src_addr.set(parseAddress(address));
  (batch.use(field) as Uint32Array).set([key.lo, key.hi]);
  batch.length = 1;
  return names.over(batch, field)(0)?.attributes[attribute];
}

describe('Names', () => {
  it('knows what was announced, by the key on the flow', async () => {
    announce('entities', podRow(podKey('web-0'), 'web-0', { node: 'node-1', labels: { app: 'web' } }));
    announce('exporters', exporterRow('10.0.0.1', 'core-1'));
    announce('strings', textRow('shop.example.com'));
    const names = await opened();
    expect(nameOf(names, FIELD.src_entity, podKey('web-0'))).toBe('web-0');
    expect(nameOf(names, FIELD.service, podKey('web-0'), 'node')).toBe('node-1');
    expect(nameOf(names, FIELD.exporter, exporterKey('10.0.0.1'))).toBe('core-1');
    expect(nameOf(names, FIELD.tls_sni, stringKey('shop.example.com'), 'text')).toBe('shop.example.com');
    expect(nameOf(names, FIELD.src_entity, podKey('web-1'))).toBeUndefined();
    expect(nameOf(names, FIELD.exporter, { lo: 0, hi: 0 })).toBeUndefined();
    expect(names.health()).toMatchObject({ rows: { entities: 1, exporters: 1, strings: 1 }, problem: '' });
  });

  it('lets the row with the newest version stand, in whatever order rows come', async () => {
    const row = (name: string, version: string) => podRow(podKey('x'), name, { version });
    announce('entities', row('second', '2'), row('first', '1'));
    const names = await opened();
    announce('entities', row('fourth', '4'));
    announce('entities', row('third', '3'));
    await names.take();
    expect(nameOf(names, FIELD.dst_entity, podKey('x'))).toBe('fourth');
    // The same again, later: what came between the two does not.
    announce('entities', row('fourth', '9'));
    announce('entities', row('eighth', '8'));
    await names.take();
    expect(nameOf(names, FIELD.dst_entity, podKey('x'))).toBe('fourth');
  });

  it('keeps them across restarts, and removes their files from the spool once they are on disk', async () => {
    announce('entities', podRow(podKey('web-0'), 'web-0', { labels: { app: 'web' } }));
    announce('interfaces', {
      key: '7',
      exporter: '8',
      if_index: 1,
      name: 'eth0',
      alias: '',
      speed: '0',
      type: 0,
      entity: '0',
      version: '1',
    });
    const first = await opened();
    expect([waiting('entities'), waiting('interfaces')]).toEqual([[], []]);
    announce('entities', podRow(podKey('web-0'), 'web-renamed', { version: '2' }));
    await first.take();
    const second = await open();
    expect(nameOf(second, FIELD.src_entity, podKey('web-0'))).toBe('web-renamed');
    expect(second.health().rows).toEqual(first.health().rows);
  });

  it('gives each flow the name of whoever had the address at its time, though another has it when it is looked up', async () => {
    const [before, change, after] = [1_800_000_000_000, 1_800_000_100_000, 1_800_000_200_000];
    const pod = (name: string, interval: object) => ({
      namespace: 'shop',
      name,
      uid: name,
      addresses: ['10.128.0.5'],
      ...interval,
    });
    const inventory = parseInventory({
      cluster: 'c1',
      pods: [pod('old', { valid_to: change }), pod('new', { valid_from: change })],
    });
    const enricher = new Enricher();
    enricher.load(inventory);
    const batch = new FlowBatch(2);
    for (const [row, time] of [before, after].entries()) {
      batch.core.src_addr.set(parseAddress('10.128.0.5'), row * 4);
      for (const column of [batch.core.time_start, batch.core.time_end, batch.core.time_received])
        setNumber(column, row, time);
    }
    batch.length = 2;
    enricher.enrich(batch, 0, 2);
    announce('entities', podRow(podKey('old', 'old'), 'old'));
    announce('entities', podRow(podKey('new', 'new'), 'new', { version: String(after) }));
    const names = await opened();
    const find = names.over(batch, FIELD.src_entity);
    expect([find(0)?.attributes.name, find(1)?.attributes.name]).toEqual(['old', 'new']);
  });

  it('knows unresolved addresses by their address, without keeping a row for each, also after a restart', async () => {
    const enricher = new Enricher();
    enricher.load(parseInventory({ cluster: 'c1', networks: { pods: ['10.128.0.0/14'] } }));
    const batch = new FlowBatch(300);
    for (let row = 0; row < 300; row++)
      batch.core.src_addr.set(parseAddress(`10.128.${row >> 8}.${row & 255}`), row * 4);
    batch.length = 300;
    enricher.enrich(batch, 0, 300);
    // Of all these only the first is announced.
    announce('entities', enricher.drainEntities()[0]);
    await opened();
    for (const names of [await opened(), await open()]) {
      const find = names.over(batch, FIELD.src_entity);
      for (const row of [0, 1, 299]) {
        expect(find(row)?.attributes).toEqual({
          kind: 'unresolved',
          cluster: 'c1',
          name: `10.128.${row >> 8}.${row & 255}`,
        });
      }
      expect(names.health().rows.entities).toBe(0);
    }
    // One that turns out to be somebody's has that name from then on.
    const { src_entity } = batch.core;
    const key = { lo: src_entity[2], hi: src_entity[3] };
    announce('entities', podRow(key, 'web-0', { version: '5' }));
    const names = await opened();
    expect(names.over(batch, FIELD.src_entity)(1)?.attributes.name).toBe('web-0');
    // A key that is not that of the flow's own address names nothing.
    expect(
      nameOf(names, FIELD.src_entity, { lo: src_entity[4], hi: src_entity[5] }, 'name', '10.128.7.7'),
    ).toBeUndefined();
  });

  it('forgets what nobody has asked for longest, over its cap, and never what flows go on naming', async () => {
    const names = await opened({ caps: { strings: 100 } });
    announce('strings', textRow('in use'), textRow('not in use'));
    await names.take();
    for (let flood = 0; flood < 20; flood++) {
      announce('strings', ...Array.from({ length: 40 }, (_, index) => textRow(`flood ${flood} ${index}`)));
      await names.take();
      expect(nameOf(names, FIELD.tls_sni, stringKey('in use'), 'text')).toBe('in use');
    }
    expect(nameOf(names, FIELD.tls_sni, stringKey('not in use'), 'text')).toBeUndefined();
    expect(nameOf(names, FIELD.tls_sni, stringKey('flood 19 39'), 'text')).toBe('flood 19 39');
    const { rows, forgotten } = names.health();
    expect(rows.strings).toBeLessThanOrEqual(101);
    expect(forgotten.strings).toBeGreaterThan(600);
  });

  it('sets a file aside that is no rows, and takes in those behind it', async () => {
    const folder = consumerFolders(dir, NAMES_CONSUMER).dimension('entities');
    const good = JSON.stringify(podRow(podKey('good'), 'good'));
    const texts = [
      '{"key": "1"',
      '[]',
      'null',
      '{"key":"no number","version":"1"}',
      '{"key":"99999999999999999999","version":"1"}',
      '{"key":"1","version":"1","name":7}',
      '{"key":"1","version":"1","labels":{"a":1}}',
    ];
    for (const [index, text] of texts.entries()) writeFileSync(join(folder, `bad${index}.jsonl`), `${good}\n${text}\n`);
    announce('entities', podRow(podKey('behind'), 'behind'));
    const said: string[] = [];
    const names = await opened({ log: (message) => said.push(message) });
    expect(nameOf(names, FIELD.src_entity, podKey('behind'))).toBe('behind');
    expect(nameOf(names, FIELD.src_entity, podKey('good'))).toBeUndefined();
    const aside = readdirSync(consumerFolders(dir, NAMES_CONSUMER).aside).filter((file) => file.endsWith('.jsonl'));
    expect(aside).toEqual(texts.map((_, index) => `entities-bad${index}.jsonl`));
    expect(said).toEqual(texts.map(() => 'a file of names was set aside'));
  });

  it('takes half a line at the end of what was kept for none, and does not write behind it', async () => {
    announce('strings', textRow('first'));
    await opened();
    appendFileSync(join(keptIn, 'strings.jsonl'), JSON.stringify(textRow('cut')).slice(0, 20));
    announce('strings', textRow('second'));
    await opened();
    const names = await open();
    const texts = ['first', 'cut', 'second'].map((text) => nameOf(names, FIELD.tls_sni, stringKey(text), 'text'));
    expect(texts).toEqual(['first', undefined, 'second']);
  });

  it('stays in memory and in the spool while it cannot be written down, says why once, and is written down later', async () => {
    writeFileSync(keptIn, 'in the way');
    const said: string[] = [];
    announce('strings', textRow('early'));
    const names = await opened({ log: (message) => said.push(message) });
    announce('strings', textRow('late'));
    await names.take();
    expect(nameOf(names, FIELD.tls_sni, stringKey('late'), 'text')).toBe('late');
    expect(waiting('strings')).toHaveLength(2);
    expect(names.health().problem).toContain(keptIn);
    expect(said).toHaveLength(1);
    rmSync(keptIn);
    mkdirSync(keptIn);
    while (waiting('strings').length > 0) {
      await names.take();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect([names.health().problem, said.length]).toEqual(['', 2]);
    const next = await open();
    expect(['early', 'late'].map((text) => nameOf(next, FIELD.tls_sni, stringKey(text), 'text'))).toEqual([
      'early',
      'late',
    ]);
  });

  it('does not grow on disk with rows that say the same again, nor without bound with rows that change', async () => {
    const names = await opened();
    const size = () => readFileSync(join(keptIn, 'exporters.jsonl'), 'utf8').split('\n').length - 1;
    for (let time = 0; time < 10; time++) {
      announce('exporters', exporterRow('10.0.0.1', 'core-1', String(time)));
      await names.take();
    }
    expect(size()).toBe(1);
    for (let file = 0; file < 6; file++) {
      const rows = Array.from({ length: 4000 }, (_, index) =>
        exporterRow('10.0.0.1', `name-${file}-${index}`, String(100 + file * 4000 + index)),
      );
      announce('exporters', ...rows);
      await names.take();
    }
    expect(size()).toBeLessThan(15_000);
    expect(nameOf(await open(), FIELD.exporter, exporterKey('10.0.0.1'))).toBe('name-5-3999');
  });

  it('knows what was announced before it was asked to take it in, though it was at it already', async () => {
    const names = await opened();
    for (let round = 0; round < 30; round++) {
      announce('strings', textRow(`a${round}`));
      const under = names.take();
      announce('strings', textRow(`b${round}`));
      await names.take();
      expect(nameOf(names, FIELD.tls_sni, stringKey(`b${round}`), 'text')).toBe(`b${round}`);
      await under;
    }
  });

  it('makes its directories, for the owner alone', async () => {
    rmSync(join(dir, 'consumers'), { recursive: true });
    const names = await open();
    expect(existsSync(consumerFolders(dir, NAMES_CONSUMER).dimension('strings'))).toBe(true);
    announce('strings', textRow('x'));
    await names.take();
    const modes = [keptIn, join(keptIn, 'strings.jsonl')].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
  });
});
