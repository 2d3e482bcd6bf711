import { readFileSync } from 'node:fs';
import { FIELDS } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../language/index.ts';
import { filterSql } from './filter.ts';
import { Params } from './params.ts';
import { flowsSource } from './source.ts';

/** Core columns, and some that exporters filled. */
const PRESENT = new Set([
  ...FIELDS.filter((field) => field.core).map((field) => field.name),
  ...['tls_sni', 'src_mac', 'dst_mac', 'as_path', 'seen_by'],
]);

function describeFilter(text: string): string {
  const { ast, errors } = parseFilter(text);
  if (errors.length > 0) {
    return errors
      .map(
        ({ from, to, message, suggestion }) =>
          `  ${from}-${to} ${message}${suggestion === undefined ? '' : ` [${suggestion}]`}`,
      )
      .join('\n');
  }
  const params = new Params();
  const sql = filterSql(ast, flowsSource(PRESENT), params);
  const bound = Object.entries(params.values).map(
    ([name, value]) =>
      `  ${name} = ${JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item))}`,
  );
  return [`  ${sql}`, ...bound].join('\n');
}

describe('filters', () => {
  it('become the SQL and parameters, or the errors, of the golden file', async () => {
    const script = readFileSync(new URL('../testdata/filters.txt', import.meta.url), 'utf8');
    const filters = script.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
    const golden = filters.map((line) => `${line}\n${describeFilter(line.replaceAll('\\n', '\n'))}\n`).join('\n');
    await expect(golden).toMatchFileSnapshot('../testdata/filters.golden.txt');
  });

  it('never put a text of the filter into the SQL', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, unit: 'grapheme' }), (text) => {
        const marked = `x${text}'; DROP`;
        const quoted = `"${marked.replace(/[\\"]/g, '\\$&')}"`;
        const filter = `namespace = ${quoted} or label[${quoted}] = ${quoted} or tls_sni like ${quoted}`;
        const { ast, errors } = parseFilter(filter);
        expect(errors).toEqual([]);
        const params = new Params();
        expect(filterSql(ast, flowsSource(PRESENT), params)).not.toContain('DROP');
        expect(Object.values(params.values)).toContain(marked);
      }),
    );
  });
});
