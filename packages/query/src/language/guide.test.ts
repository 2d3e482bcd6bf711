import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseFilter } from './parse-filter.ts';

const GUIDE = readFileSync(new URL('../../../../docs/guides/filters.md', import.meta.url), 'utf8');

/** Lines of the guide's code blocks of a kind. */
function blocks(kind: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``, 'g'))].flatMap((match) =>
    match[1].trimEnd().split('\n'),
  );
}

describe('the guide to filters', () => {
  it('has only examples that can be read', () => {
    const examples = blocks('filter');
    expect(examples.length).toBeGreaterThan(20);
    for (const example of examples) expect([example, parseFilter(example).errors]).toEqual([example, []]);
  });

  it('shows an error as it is told', () => {
    const [example] = blocks('filter-error');
    const [message, line, mark] = blocks('text');
    const [error] = parseFilter(example).errors;
    expect([error.message, `  ${example}`]).toEqual([message, line]);
    expect(mark).toBe(`  ${' '.repeat(error.from)}${'^'.repeat(error.to - error.from)}`);
  });
});
