import { fstatSync, readdirSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { captureStderr } from './captured-errors.ts';

describe('captureStderr', () => {
  it('keeps what is written to the descriptor, whoever writes it, and gives the descriptor back', () => {
    const before = fstatSync(2);
    const { text, error } = captureStderr(() => {
      writeSync(2, 'from a library\n');
      writeSync(2, 'and more');
    });
    expect([text, error]).toEqual(['from a library\nand more', undefined]);
    expect(fstatSync(2).ino).toBe(before.ino);
  });

  it('gives what was thrown beside what was written, and leaves no descriptor open', () => {
    captureStderr(() => {});
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const { text, error } = captureStderr(() => {
      writeSync(2, 'why');
      throw new Error('failed');
    });
    expect([text, (error as Error).message]).toEqual(['why', 'failed']);
    expect(open()).toBe(before);
  });

  it('keeps a bounded part of a flood', () => {
    const { text } = captureStderr(() => {
      for (let line = 0; line < 10_000; line++) writeSync(2, 'a line that is written again and again\n');
    });
    expect(text).toHaveLength(65_536);
  });
});
