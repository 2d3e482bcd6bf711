// What a real store cannot be asked: batches without columns, patterns that take long elsewhere, and where a mistake is. That matchers
// mean what the store means is tested in packages/server/src/http/matcher-semantics.test.ts.
import { exporterKey, FlowBatch, parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { QueryError } from '../errors.ts';
import type { Filter } from '../language/ast.ts';
import { parseFilter } from '../language/index.ts';
import { compileMatcher } from './matcher.ts';
import type { NamedRow, Names } from './names.ts';

function filterOf(text: string): Filter | undefined {
  const { ast, errors } = parseFilter(text);
  expect(errors).toEqual([]);
  return ast;
}

/** Names of one exporter, whatever its key. */
const named = (row: NamedRow): Names => ({ over: () => () => row });
const NOBODY: Names = { over: () => () => undefined };

function matches(
  filter: Filter | string | undefined,
  names: Names = NOBODY,
  fill: (batch: FlowBatch) => void = () => {},
) {
  const batch = new FlowBatch(1);
  batch.length = 1;
  fill(batch);
  return compileMatcher(typeof filter === 'string' ? filterOf(filter) : filter)(batch, names)(0);
}

describe('compileMatcher', () => {
  it('lets everything match the empty filter', () => {
    expect(matches('')).toBe(true);
  });

  it.each([
    ['src_vlan = 0', true],
    ['src_vlan != 0', false],
    ['src_vlan < 1', true],
    ['tunnel_id >= 1', false],
    ['outer_src_addr = ""', true],
    ['outer_src_addr > ::', false],
    ['bgp_communities has 0', false],
    ['seen_by << ::/0', false],
    ['dns_name = ""', true],
    ['policy_in = ""', true],
    ['policy_in_name != ""', false],
    ['src_vlan = 0 and dns_name = "" or tunnel_id > 5', true],
  ])(
    'takes a column that the batch does not have for zero: %s is %s, and its negation the opposite',
    (filter, expected) => {
      expect([matches(filter), matches(`not (${filter})`)]).toEqual([expected, !expected]);
    },
  );

  it('does not make columns part of a batch', () => {
    const batch = new FlowBatch(1);
    batch.length = 1;
    compileMatcher(filterOf('src_vlan = 0 or seen_by has 10.0.0.1 or dns_name ~ a or policy_in = x'))(batch, NOBODY)(0);
    expect(batch.fields().every((field) => field.core)).toBe(true);
  });

  it('takes networks for all their addresses, with every operator that may have one', () => {
    const exporter = named({ attributes: { address: '10.8.0.7', name: 'core-1' } });
    const inside = filterOf('exporter << 10.8.0.0/16');
    const outside = filterOf('exporter << 10.9.0.0/16');
    const key = exporterKey('10.8.0.7');
    const fill = (batch: FlowBatch) => batch.core.exporter.set([key.lo, key.hi]);
    for (const operator of ['=', 'in', '<<'] as const) {
      const answers = [inside, outside].map((filter) => matches({ ...filter, operator } as Filter, exporter, fill));
      expect([operator, ...answers]).toEqual([operator, true, false]);
    }
    const inFirst = (batch: FlowBatch) => batch.core.src_addr.set(parseAddress('10.8.0.7'));
    expect(matches('src_addr in (10.9.0.1, 10.8.0.0/16)', NOBODY, inFirst)).toBe(true);
  });

  it('answers a pattern in time linear in the text, whatever the pattern', () => {
    const text = `${'a'.repeat(512)}!`;
    // A back-tracking engine would need longer than the universe is old.
    expect(matches('src_name ~ "^(a+)+$"', named({ attributes: { name: text } }))).toBe(false);
    expect(matches(`src_name like "${'%a'.repeat(40)}b"`, named({ attributes: { name: text } }))).toBe(false);
  });

  it('says where a pattern is that RE2 does not take', () => {
    const text = 'proto = tcp and src_name ~ "\\\\u00e9"';
    const ast = parseFilter(text).ast;
    try {
      compileMatcher(ast);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(QueryError);
      const [{ message, from, to }] = (error as QueryError).mistakes;
      expect([message, text.slice(from, to)]).toEqual([
        expect.stringContaining('invalid escape sequence'),
        '"\\\\u00e9"',
      ]);
    }
  });
});
