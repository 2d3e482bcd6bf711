import { describe, expect, it } from 'vitest';
import { QueryError } from './errors.ts';
import { parseQuery } from './parse-query.ts';
import { FlowsQuery, GraphQuery, SeriesQuery, TopQuery, ValuesQuery } from './query-schema.ts';
import { niceStep, resolveTime } from './time.ts';

function mistakes(schema: Parameters<typeof parseQuery>[0], input: Record<string, unknown>) {
  try {
    parseQuery(schema, input);
  } catch (error) {
    if (error instanceof QueryError) return { code: error.code, mistakes: error.mistakes };
    throw error;
  }
  return undefined;
}

describe('queries', () => {
  it('have defaults for everything', () => {
    expect(parseQuery(SeriesQuery, {})).toEqual({
      from: 'now-1h',
      to: 'now',
      filter: '',
      by: [],
      metrics: ['bits_per_second'],
      limit: 10,
      interval: 'auto',
      resolution: 'auto',
    });
  });

  it('come from URL strings', () => {
    const input = {
      by: 'src_namespace, dst_port',
      metrics: 'bytes,flows',
      limit: '5',
      interval: '60',
      from: '1772366400000',
    };
    expect(parseQuery(SeriesQuery, input)).toMatchObject({
      by: ['src_namespace', 'dst_port'],
      metrics: ['bytes', 'flows'],
      limit: 5,
      interval: 60,
      from: '1772366400000',
    });
    expect(parseQuery(FlowsQuery, { limit: '20' }).limit).toBe(20);
  });

  it('say which parameter is unknown, and what was perhaps meant', () => {
    expect(mistakes(TopQuery, { form: 'now-1h' })).toEqual({
      code: 'bad_parameter',
      mistakes: [
        { message: 'There is no parameter "form"; did you mean from?', parameter: 'form', suggestion: 'from' },
      ],
    });
  });

  it('say what is wrong with each parameter', () => {
    const wrong = { from: 'yesterday', by: 'namespace,src_namspace', metrics: 'byte', limit: '0', resolution: '2m' };
    expect(mistakes(TopQuery, wrong)?.mistakes.map((mistake) => [mistake.parameter, mistake.suggestion])).toEqual([
      ['from', undefined],
      ['by', 'src_namespace'],
      ['by', 'src_namespace'],
      ['metrics', undefined],
      ['limit', undefined],
      ['resolution', undefined],
    ]);
    expect(mistakes(GraphQuery, { group: 'namespaces' })?.mistakes[0].message).toContain('group is one of cluster');
  });

  it('say what each parameter takes', () => {
    const said = (schema: Parameters<typeof parseQuery>[0], input: Record<string, unknown>) =>
      mistakes(schema, input)?.mistakes.map(({ message }) => message);
    expect(said(TopQuery, { limit: '100000' })).toEqual(['limit is at most 10000']);
    expect(said(SeriesQuery, { limit: '101' })).toEqual(['limit is at most 100']);
    expect(said(ValuesQuery, { field: 'proto', limit: '0' })).toEqual(['limit is at least 1']);
    for (const limit of ['ten', '1.5', '1e999']) {
      expect([limit, said(TopQuery, { limit })]).toEqual([limit, ['limit is a whole number']]);
    }
    expect(said(SeriesQuery, { interval: '-5' })).toEqual(['interval is at least 1']);
    expect(said(SeriesQuery, { interval: 'daily' })).toEqual(['interval is "auto" or a whole number of seconds']);
    expect(said(TopQuery, { resolution: '2m' })).toEqual(['resolution is one of auto, flows, 1m, 5m, 1h']);
    expect(said(TopQuery, { from: 'x'.repeat(50) })).toEqual(['from is longer than 40 characters']);
    expect(said(TopQuery, { from: ['1', '2'], filter: ['a', 'b', 'c'] })).toEqual([
      'from is given 2 times',
      'filter is given 3 times',
    ]);
    expect(said(ValuesQuery, {})).toEqual(['field is missing']);
    expect(said(TopQuery, { metrics: '' })).toEqual(['metrics names nothing']);
  });

  it('with only the filter wrong are bad filters, with places', () => {
    expect(mistakes(TopQuery, { filter: 'dst_port = x' })).toEqual({
      code: 'bad_filter',
      mistakes: [
        {
          message: '"x" is not a whole number, which dst_port is compared with',
          parameter: 'filter',
          from: 11,
          to: 12,
        },
      ],
    });
  });
});

describe('times', () => {
  const now = Date.UTC(2026, 2, 1, 12);
  it('are ISO 8601, milliseconds, or relative to now', () => {
    expect(resolveTime('now', now)).toBe(now);
    expect(resolveTime('now-1h30m', now)).toBe(now - 5_400_000);
    expect(resolveTime('2026-03-01T12:00:00Z', now)).toBe(now);
    expect(resolveTime('2026-03-01 12:00', now)).toBe(now);
    expect(resolveTime('2026-03-01T13:00:00+01:00', now)).toBe(now);
    expect(resolveTime(String(now), 0)).toBe(now);
    for (const text of ['', 'yesterday', 'now-', 'now-5', '2026-13-01', '12:00', '1']) {
      expect([text, resolveTime(text, now)]).toEqual([text, undefined]);
    }
  });

  it('get steps that people read easily, at most 200 of them', () => {
    expect([60, 900, 3600, 86_400, 7 * 86_400, 365 * 86_400].map((seconds) => niceStep(seconds * 1000))).toEqual([
      1, 5, 30, 600, 3600, 172_800,
    ]);
  });
});
