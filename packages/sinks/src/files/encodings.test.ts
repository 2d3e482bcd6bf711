// Lines of files against the records of the same flows, which are made in another way.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, FlowBatch, parseAddress } from '@weir/record';
import { makeConsumer, makeSpool } from '@weir/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowColumns, flowRecords, RECORD_NAMES } from '../flow-record.ts';
import { NAMES_CONSUMER, Names } from '../names/names.ts';
import { RandomFlows } from '../testing/random-flows.ts';
import { TextBuffer } from '../text/text-buffer.ts';
import { csv } from './csv.ts';
import type { Encoding } from './encoding.ts';
import { ndjson } from './ndjson.ts';

let root: string;
let random: RandomFlows;
let names: Names;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'weir-encodings-'));
  makeSpool(root);
  makeConsumer(root, NAMES_CONSUMER);
  random = new RandomFlows(5);
  random.announce(root, [NAMES_CONSUMER]);
  names = await Names.open({ dir: root, keptIn: join(root, 'kept') });
  await names.take();
});
afterEach(() => rmSync(root, { recursive: true }));

function linesOf(encoding: Encoding, batch: FlowBatch): string {
  // Small, so that it has to grow.
  const out = new TextBuffer(16);
  const write = encoding.over(batch, names, '00000001-spool');
  for (let row = 0; row < batch.length; row++) write(row, out);
  return out.written.toString();
}

/** RFC 4180, read the plain way: records of cells, quoted or not. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  for (let at = 0; at < text.length; ) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        cell += text[at];
        if (text[at] === '"') at++;
      }
      at++;
    } else for (; text[at] !== ',' && text[at] !== '\n'; at++) cell += text[at];
    cells.push(cell);
    if (text[at++] === '\n') {
      records.push(cells);
      cells = [];
    }
  }
  return records;
}

describe('a line of a file', () => {
  it('has in NDJSON what the record of the flow has', () => {
    const batch = random.batch(300);
    const record = flowRecords(flowColumns(), batch, names);
    const lines = linesOf(ndjson(flowColumns(), false), batch).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(300);
    for (const [row, line] of lines.entries()) {
      const parsed = JSON.parse(line);
      expect(parsed).toEqual(record(row));
      // The order of members is the same too.
      expect(Object.keys(parsed)).toEqual(Object.keys(record(row)));
    }
    const seen = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line))));
    expect(RECORD_NAMES.filter((name) => !seen.has(name)).length).toBeLessThan(RECORD_NAMES.length / 3);
  });

  it('has in CSV what the record of the flow has, absent values empty and lists as JSON', () => {
    const batch = random.batch(300);
    const record = flowRecords(flowColumns(), batch, names);
    const encoding = csv(flowColumns(), true);
    const [header, ...records] = parseCsv(encoding.header + linesOf(encoding, batch));
    expect(header).toEqual([...RECORD_NAMES, 'spool_file']);
    expect(records).toHaveLength(300);
    for (const [row, cells] of records.entries()) {
      const values = record(row);
      const expected = RECORD_NAMES.map((name) => {
        const value = values[name];
        if (typeof value === 'object') return JSON.stringify(value);
        return value ?? '';
      });
      // Numbers in files are exact, those of records to 2^53.
      const read = cells.map((cell, index) => (typeof expected[index] === 'number' ? Number(cell) : cell));
      expect(read).toEqual([...expected, '00000001-spool']);
    }
  });

  it('has counters exactly, up to the largest there is', () => {
    const batch = new FlowBatch(2);
    batch.core.bytes.set([0xffff_ffff, 0xffff_ffff, 1, 0x20_0000]);
    // Before 1970: times are signed.
    batch.core.time_start.set([0xffff_ff00, 0xffff_ffff, 0, 0]);
    batch.length = 2;
    const columns = flowColumns(['bytes', 'time_start']);
    expect(linesOf(ndjson(columns, false), batch)).toBe(
      '{"bytes":18446744073709551615,"time_start":-256}\n{"bytes":9007199254740993}\n',
    );
  });

  it('has the fields that were chosen, in their order, whichever are attributes of the same key', () => {
    const batch = new FlowBatch(1);
    batch.core.src_addr.set(parseAddress('10.0.0.1'));
    batch.core.dst_port[0] = 443;
    batch.length = 1;
    const columns = flowColumns(['dst_port', 'src_namespace', 'dst_name', 'src_pod', 'src_addr']);
    expect(linesOf(ndjson(columns, true), batch)).toBe(
      '{"dst_port":443,"src_addr":"10.0.0.1","spool_file":"00000001-spool"}\n',
    );
    const encoding = csv(columns, false);
    expect(encoding.header + linesOf(encoding, batch)).toBe(
      'dst_port,src_namespace,dst_name,src_pod,src_addr\n443,,,,10.0.0.1\n',
    );
  });

  it('is a record of its own where nothing of a flow is there', () => {
    const batch = new FlowBatch(2);
    batch.length = 2;
    for (const name of ['src_vlan', 'src_name', 'proto', 'dns_name']) {
      expect(linesOf(ndjson(flowColumns([name]), false), batch)).toBe('{}\n{}\n');
      expect(linesOf(csv(flowColumns([name]), false), batch)).toBe('""\n""\n');
    }
    expect(linesOf(csv(flowColumns(['proto']), true), batch)).toBe(',00000001-spool\n'.repeat(2));
  });

  it('takes texts of any length', () => {
    const batch = new FlowBatch(1);
    batch.length = 1;
    batch.use(FIELD.as_path);
    for (let item = 0; item < 5000; item++) batch.use(FIELD.as_path).push(0, 4_294_967_295);
    const [line] = linesOf(ndjson(flowColumns(), false), batch).split('\n');
    expect(JSON.parse(line).as_path).toHaveLength(5000);
  });
});
