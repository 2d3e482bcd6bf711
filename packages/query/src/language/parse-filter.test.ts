import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { MAX_COMPARISONS, MAX_FILTER_LENGTH, parseFilter, quote, unquote } from './parse-filter.ts';

const TOKENS = [
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  '!=',
  '<<',
  '~',
  'and',
  'or',
  'not',
  'in',
  'like',
  'has',
  'dst_port',
  'name',
  'label',
  '80',
  '"a"',
  "'",
  '"',
  '#',
  '--',
  '\\',
  ' ',
  '\n',
  '10.0.0.0/8',
  '🙂',
];

describe('parseFilter', () => {
  it('reads any text without throwing, and puts every error inside it', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((tokens) => tokens.join(' ')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const { ast, errors } = parseFilter(text);
        for (const { from, to, message } of errors) {
          expect(message).not.toBe('');
          expect([from >= 0, from <= to, to <= text.length]).toEqual([true, true, true]);
        }
        if (errors.length > 0) expect(ast).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('takes the empty filter for everything', () => {
    for (const text of ['', ' \n\t', '# only a comment', '-- and another']) {
      expect(parseFilter(text)).toEqual({ ast: undefined, errors: [] });
    }
  });

  it('bounds nesting, length and the number of comparisons', () => {
    const message = (text: string) => parseFilter(text).errors[0]?.message;
    const levels = 'Nested deeper than 64 levels';
    expect(message('('.repeat(10_000))).toBe(levels);
    expect(message(`${'('.repeat(8000)}dst_port = 1${')'.repeat(8000)}`)).toBe(levels);
    expect(message(`${'not '.repeat(4000)}dst_port = 1`)).toBe(levels);
    expect(message(`"${'('.repeat(10_000)}`)).toBe('This text has no closing quote');
    expect(message('x'.repeat(MAX_FILTER_LENGTH + 1))).toBe(
      `The filter is longer than ${MAX_FILTER_LENGTH} characters`,
    );
    const many = (count: number) => new Array(count).fill('dst_port = 1').join(' or ');
    expect(message(many(MAX_COMPARISONS))).toBeUndefined();
    expect(message(many(MAX_COMPARISONS + 1))).toBe(`More than ${MAX_COMPARISONS} comparisons`);
    expect(message(`${'('.repeat(30)}dst_port = 1${')'.repeat(30)}`)).toBeUndefined();
    expect(message(`dst_port in (${new Array(2000).fill('80').join(', ')})`)).toBeUndefined();
  });

  it('refuses a like pattern whose last backslash has nothing to escape', () => {
    const message = (text: string) => parseFilter(text).errors[0]?.message;
    expect(message(String.raw`name like "a\\"`)).toContain('ends with a backslash');
    expect(message(String.raw`name like "\\\\\\"`)).toContain('ends with a backslash');
    expect(message(String.raw`name like "a\\\\"`)).toBeUndefined();
    expect(message(String.raw`name like "a\\%"`)).toBeUndefined();
  });

  it('gives quoted text back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const quoted = quote(text);
        expect(quoted.startsWith('"') ? unquote(quoted) : quoted).toBe(text);
        const { ast } = parseFilter(`name = ${quoted}`);
        expect(ast).toMatchObject({ values: [{ type: 'text', text }] });
      }),
    );
  });

  it('knows both ends of every pair by a bare name', () => {
    for (const name of [
      'addr',
      'port',
      'namespace',
      'pod',
      'workload',
      'node',
      'name',
      'kind',
      'zone',
      'as',
      'country',
      'mac',
      'vlan',
      'entity',
      'subnet',
      'label',
    ]) {
      expect(CATALOGUE.fields.get(name)?.ends?.map((end) => end.name)).toEqual([`src_${name}`, `dst_${name}`]);
    }
  });
});
