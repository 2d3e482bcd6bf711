import { describe, expect, it } from 'vitest';
import { stackIn } from './besieged.ts';

const line = (message: string, stack?: string) =>
  JSON.stringify({ level: 50, part: 'store', err: { message, stack }, msg: 'a request failed' });

describe('a log', () => {
  it('is well without stacks', () => {
    expect(stackIn(['cut', line('disk full'), '  Weir is ready'].join('\n'))).toBeUndefined();
  });

  it('with a stack is told by the error, whatever differs each time', () => {
    const found = [1, 2].map((n) => {
      const message = `Query '${String(n).repeat(8)}-730a-460d-ac18-e19d63373eb7' is killed`;
      return stackIn(['cut', line('disk full'), line(message, 'Error: x\n    at read (file:///a.ts:1:2)')].join('\n'));
    });
    expect(found).toEqual(
      new Array(2).fill("an error with its stack in the log: store: a request failed: Query 'ID' is killed"),
    );
  });

  it('may have a stack that no logger wrote', () => {
    expect(stackIn('cut\nTypeError: x\n    at read (file:///a.ts:1:2)')).toBe(
      'a stack on standard error: at read (file:///a.ts:1:2)',
    );
  });
});
