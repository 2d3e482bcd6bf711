import { QUALITY } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { fieldsAnswer } from '../../browser/fixture/answers.ts';
import { makeFlows } from '../../browser/fixture/world.ts';
import { cellOf, columnsOf, DEFAULT_COLUMNS, parseRowId, rowId } from './columns.ts';
import { detailsOf, qualityOf } from './detail.ts';
import { moved } from './moves.ts';
import { found, swapped } from './picking.ts';

const { fields } = fieldsAnswer();
const byName = new Map(fields.map((field) => [field.name, field]));
const flow = {
  time_received: Date.UTC(2026, 10, 20, 10, 0, 0, 7),
  flow_id: '18000000000000000001',
  src_namespace: 'shop',
  src_pod: 'cart-1',
  src_name: 'cart-1',
  src_addr: '10.128.2.9',
  src_port: 8080,
  dst_addr: '203.0.113.7',
  dst_port: 443,
  proto: 6,
  bytes: 123_456,
  quality: QUALITY.demo | QUALITY.no_sampling_rate,
};

describe('columns', () => {
  it('are the default ones until some are chosen, and only fields that there are', () => {
    expect(columnsOf([], byName).map(({ name }) => name)).toEqual(DEFAULT_COLUMNS);
    expect(columnsOf(['bytes', 'no_such_field', 'proto'], byName).map(({ name }) => name)).toEqual(['bytes', 'proto']);
  });

  it('put amounts to the right and names of codes to the left', () => {
    const right = columnsOf(['bytes', 'proto', 'src_port', 'tcp_flags', 'src_addr'], byName).map(
      (column) => column.right,
    );
    expect(right).toEqual([true, false, true, false, false]);
  });

  it('show names with the port behind, addresses where there is no name', () => {
    expect(cellOf(flow, 'src_entity', true)).toMatchObject({ text: 'shop/cart-1', more: ':8080' });
    expect(cellOf(flow, 'dst_entity', true)).toMatchObject({ text: '203.0.113.7:443' });
    expect(cellOf(flow, 'time_received', true)).toEqual({ text: '10:00:00.007', title: '2026-11-20 10:00:00' });
    expect(cellOf(flow, 'bytes', true)).toEqual({ text: '121 KiB', title: '123,456 bytes' });
  });

  it('have a cell for every field of any flow', () => {
    for (const one of makeFlows(50, Date.UTC(2026, 10, 20))) {
      for (const { name } of fields) expect(typeof cellOf(one, name, true).text).toBe('string');
    }
  });
});

describe('the identity of a row', () => {
  it('goes into the URL and back', () => {
    const id = rowId(flow);
    expect(id).toBe(`18000000000000000001.${flow.time_received}`);
    expect(parseRowId(id)).toEqual({ flowId: '18000000000000000001', time: flow.time_received });
    expect(parseRowId('17; drop')).toBeUndefined();
  });
});

describe('the drawer', () => {
  it('groups filled fields, who first, and leaves keys to the JSON', () => {
    const groups = detailsOf(flow, fields, true);
    expect(groups.map(({ group }) => group)).toEqual(['identity', 'headers', 'counters', 'time']);
    const names = groups.flatMap(({ details }) => details.map(({ name }) => name));
    expect(names).toContain('src_pod');
    expect(names).not.toContain('flow_id');
  });

  it('explains quality flags, doubtful ones first', () => {
    expect(qualityOf(flow).map(({ name, doubtful }) => [name, doubtful])).toEqual([
      ['no_sampling_rate', true],
      ['demo', false],
    ]);
    expect(qualityOf({})).toEqual([]);
  });
});

describe('the column picker', () => {
  it('finds fields by name and by meaning, without bare forms', () => {
    const names = found(fields, 'port').flatMap(({ fields: some }) => some.map(({ name }) => name));
    expect(names).toContain('src_port');
    expect(names).not.toContain('port');
    expect(found(fields, 'zzz')).toEqual([]);
  });

  it('moves a column one place', () => {
    expect(swapped(['a', 'b', 'c'], 1, 0)).toEqual(['b', 'a', 'c']);
    expect(swapped(['a'], 0, -1)).toEqual(['a']);
  });
});

describe('keys in the table', () => {
  it('move within the rows', () => {
    expect(moved('ArrowDown', 3, 10, 5)).toBe(4);
    expect(moved('ArrowUp', 0, 10, 5)).toBe(0);
    expect(moved('PageDown', 7, 10, 5)).toBe(9);
    expect(moved('Home', 7, 10, 5)).toBe(0);
    expect(moved('End', 0, 10, 5)).toBe(9);
    expect(moved('x', 0, 10, 5)).toBeUndefined();
  });
});
