import { describe, expect, it } from 'vitest';
import { completions } from './completions.ts';
import { parseFilter } from './parse-filter.ts';

/** Completions at the `|` of a text. */
function at(text: string) {
  const pos = text.indexOf('|');
  const { from, options, values } = completions(text.replace('|', ''), pos);
  return { from, labels: options.map((option) => option.label), values };
}

describe('completions', () => {
  it('are fields where a condition begins', () => {
    for (const text of ['|', 'dst_p|', 'dst_port = 80 and |', '(|', 'not |', 'dst_port in (1, 2) or sr|']) {
      expect([text, at(text).labels.includes('src_namespace')]).toEqual([text, true]);
    }
    expect(at('dst_port = 80 and na|').from).toBe(18);
  });

  it('are the operators that the field takes', () => {
    expect(at('src_addr |').labels).toEqual(expect.arrayContaining(['=', '!=', '<<', 'not <<', 'in', 'not in']));
    expect(at('dst_port |').labels).not.toContain('~');
    expect(at('src_addr not |').labels).not.toContain('!=');
  });

  it('are names of codes, and a request for values that only the store knows', () => {
    expect(at('proto = |').labels).toContain('tcp');
    expect(at('flow_type in (to_external, |').labels).toContain('from_external');
    expect(at('src_namespace = sh|')).toMatchObject({
      from: 16,
      values: { field: 'src_namespace', prefix: 'sh', quoted: false },
    });
    expect(at('src_namespace = "sh|').values).toMatchObject({ prefix: 'sh', quoted: true });
    expect(at('label["a|').values).toMatchObject({ field: 'label', prefix: 'a', quoted: true });
    expect(at('label["app"] = |').values).toMatchObject({ field: 'label', subscript: 'app', prefix: '' });
  });

  it('are and, or after a condition', () => {
    expect(at('dst_port = 80 |').labels).toEqual(['and', 'or']);
    expect(at('dst_port in (80) |').labels).toEqual(['and', 'or']);
  });

  it('make no mistake when taken: every field with each of its operators is a filter', () => {
    const value: Record<string, string> = { '<<': '10.0.0.0/8', '~': 'a', 'not ~': 'a', '!~': 'a' };
    for (const field of at('|').labels.filter((label) => label !== 'not' && !label.endsWith('label'))) {
      for (const operator of at(`${field} |`).labels) {
        const filter = `${field} ${operator} ${value[operator.replace('not ', '')] ?? sample(field)}`;
        expect([filter, parseFilter(filter).errors]).toEqual([filter, []]);
      }
    }
  });
});

/** A value that the field can be compared with. */
function sample(field: string): string {
  const tries = ['1', '10.0.0.1', '0a:58:0a:80:00:05', '2026-03-01', 'de', 'tcp'];
  const good = tries.find((text) => parseFilter(`${field} = ${text}`).errors.length === 0);
  return good ?? 'syn';
}
