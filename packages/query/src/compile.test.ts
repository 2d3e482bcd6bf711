// The SQL of whole queries, as golden files: what a change of the compiler changes is seen there.
import { FIELDS } from '@weir/record';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { SeriesAnswer, TopAnswer } from './answers.ts';
import type { Compiled } from './compile.ts';
import { FlowsPager } from './compile-flows.ts';
import { compileGraph } from './compile-graph.ts';
import { compileSeries } from './compile-series.ts';
import { compileTail } from './compile-tail.ts';
import { compileTop } from './compile-top.ts';
import { compileValues } from './compile-values.ts';
import { parseQuery } from './parse-query.ts';
import { FlowsQuery, GraphQuery, type Query, SeriesQuery, TopQuery, ValuesQuery } from './query-schema.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const CONTEXT = {
  columnsPresent: new Set(FIELDS.filter((field) => field.core).map((field) => field.name)),
  rolledUpUntil: { '1m': NOW - 90_000, '5m': NOW - 600_000, '1h': NOW - 3_600_000 },
  now: NOW,
};

function show(statement: { readonly sql: string; readonly params: object }): string {
  const params = JSON.stringify(statement.params, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 1);
  return `${statement.sql}\n\n${params}\n`;
}

describe('compiled queries', () => {
  it('are the golden SQL', async () => {
    const filter = 'namespace = shop and server_port = 443';
    const top = compileTop(parseQuery(TopQuery, { by: 'src_workload,dst_workload', filter, limit: 5 }), CONTEXT);
    await expect(show(top)).toMatchFileSnapshot('testdata/top.golden.sql');
    const series = compileSeries(
      parseQuery(SeriesQuery, { from: 'now-6h', by: 'proto', metrics: 'packets_per_second' }),
      CONTEXT,
    );
    await expect(show(series)).toMatchFileSnapshot('testdata/series.golden.sql');
    const graph = compileGraph(parseQuery(GraphQuery, { group: 'workload', from: 'now-15m' }), CONTEXT);
    await expect(show(graph)).toMatchFileSnapshot('testdata/graph.golden.sql');
    const flows = new FlowsPager(parseQuery(FlowsQuery, { filter: 'dst_port = 53' }), CONTEXT);
    await expect(show(flows.next())).toMatchFileSnapshot('testdata/flows.golden.sql');
    const tail = compileTail({ filter: 'proto = udp' }, { after: NOW - 1000, until: NOW, limit: 500 }, CONTEXT);
    await expect(show(tail)).toMatchFileSnapshot('testdata/tail.golden.sql');
    const values = compileValues(parseQuery(ValuesQuery, { field: 'namespace', prefix: 'sh' }), CONTEXT);
    if ('known' in values) throw new Error('values come from the store');
    await expect(show(values)).toMatchFileSnapshot('testdata/values.golden.sql');
  });

  it('say where they read and how far apart the points are', () => {
    const series = compileSeries(parseQuery(SeriesQuery, { from: 'now-6h' }), CONTEXT);
    expect([series.resolution, series.intervalSeconds, series.to - series.from]).toEqual(['1m+flows', 120, 21_600_000]);
    const grouped = compileTop(parseQuery(TopQuery, { by: 'server_port', from: 'now-6h' }), CONTEXT);
    expect([grouped.resolution, grouped.warnings.length]).toEqual(['1h+5m+1m+flows', 1]);
    expect(grouped.settings).toEqual({ exact_rows_before_limit: 1 });
  });

  it('refuse more points than a series may have', () => {
    const query = parseQuery(SeriesQuery, { from: 'now-7d', interval: '1' });
    expect(() => compileSeries(query, CONTEXT)).toThrow(
      'An interval of 1 s makes 604800 points of this range; at most 5000, so 121 s or more',
    );
  });

  it('refuse a range that ends before it begins', () => {
    expect(() => compileTop(parseQuery(TopQuery, { from: 'now', to: 'now-1h' }), CONTEXT)).toThrow(
      'from is not before to',
    );
  });

  it('have the types of their answers', () => {
    expectTypeOf(compileTop).returns.toEqualTypeOf<Compiled<Omit<TopAnswer, 'meta'>>>();
    expectTypeOf(compileSeries).returns.toEqualTypeOf<Compiled<Omit<SeriesAnswer, 'meta'>>>();
    expectTypeOf<Query['by']>().toEqualTypeOf<string[]>();
    expectTypeOf<Query['interval']>().toEqualTypeOf<number | 'auto'>();
  });
});
