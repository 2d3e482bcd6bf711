// Groups that show the same, because a name changed between their grouping and their look-up, are one row of an answer.
import { describe, expect, it } from 'vitest';
import { compileGraph } from './compile-graph.ts';
import { compileSeries } from './compile-series.ts';
import { compileTop } from './compile-top.ts';
import { parseQuery } from './parse-query.ts';
import { GraphQuery, SeriesQuery, TopQuery } from './query-schema.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const CONTEXT = { columnsPresent: new Set(['src_entity', 'dst_entity', 'bytes']), rolledUpUntil: {}, now: NOW };

describe('groups that show the same', () => {
  it('are one row of a top answer, before those that are smaller than their sum', () => {
    const compiled = compileTop(parseQuery(TopQuery, { by: 'src_pod,proto', metrics: 'bytes', limit: 4 }), CONTEXT);
    const answer = compiled.answer({
      rows: [
        { g0: 'db', g1: 17, m0: 50 },
        { g0: 'web', g1: 6, m0: 40 },
        { g0: 'api', g1: 6, m0: 30 },
        { g0: 'web', g1: 6, m0: 30 },
      ],
      totals: { m0: 160 },
      rowsBeforeLimit: 6,
    });
    expect(answer).toEqual({
      rows: [
        { key: { src_pod: 'web', proto: 6 }, values: { bytes: 70 } },
        { key: { src_pod: 'db', proto: 17 }, values: { bytes: 50 } },
        { key: { src_pod: 'api', proto: 6 }, values: { bytes: 30 } },
        { key: { src_pod: null, proto: null }, values: { bytes: 10 }, other: true },
      ],
      total: { bytes: 160 },
      groups: 5,
      truncated: true,
    });
  });

  it('are one edge of a graph', () => {
    const compiled = compileGraph(parseQuery(GraphQuery, { group: 'namespace', metrics: 'bytes' }), CONTEXT);
    const end = (side: string, id: string) => ({
      [`${side}_node_id`]: id,
      [`${side}_node_label`]: id,
      [`${side}_node_kind`]: 'namespace',
      [`${side}_node_namespace`]: '',
    });
    const answer = compiled.answer({
      rows: [
        { ...end('src', 'a'), ...end('dst', 'b'), m0: 5 },
        { ...end('src', 'b'), ...end('dst', 'a'), m0: 4 },
        { ...end('src', 'b'), ...end('dst', 'a'), m0: 3 },
      ],
      totals: { m0: 12 },
      rowsBeforeLimit: 3,
    });
    expect(answer.edges).toEqual([
      { from: 'b', to: 'a', values: { bytes: 7 } },
      { from: 'a', to: 'b', values: { bytes: 5 } },
    ]);
    expect(answer.nodes.map(({ id, sent, received }) => [id, sent.bytes, received.bytes])).toEqual([
      ['b', 7, 5],
      ['a', 5, 7],
    ]);
    expect(answer.truncated).toBe(false);
  });

  it('are one series', () => {
    const query = { from: NOW - 3000, to: NOW, interval: 1, by: 'src_pod', metrics: 'bytes' };
    const compiled = compileSeries(parseQuery(SeriesQuery, query), CONTEXT);
    const answer = compiled.answer({
      rows: [
        { place: '1', g0: 'web', ts: [`${NOW - 3000}`, `${NOW - 1000}`], a0: [1, 2] },
        { place: '2', g0: 'web', ts: [`${NOW - 2000}`, `${NOW - 1000}`], a0: [10, 20] },
        { place: '0', g0: 'web', ts: [`${NOW - 1000}`], a0: [7] },
      ],
      rowsBeforeLimit: 3,
    });
    expect(answer.series).toEqual([
      { key: { src_pod: 'web' }, values: { bytes: [1, 10, 22] }, total: { bytes: 33 } },
      { key: { src_pod: null }, other: true, values: { bytes: [0, 0, 7] }, total: { bytes: 7 } },
    ]);
  });
});
