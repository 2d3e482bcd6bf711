import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateParser } from './generate.ts';

describe('the generated parser', () => {
  it('is what generate.ts makes of filter.grammar now', () => {
    for (const [path, text] of Object.entries(generateParser())) {
      expect(readFileSync(new URL(path, import.meta.url), 'utf8'), path).toBe(text);
    }
  });
});
