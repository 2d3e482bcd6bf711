import { describe, expect, it } from 'vitest';
import { diagnose } from './editor.ts';
import { withRecent } from './recent.ts';

describe('filters used lately', () => {
  it('hold each filter once, the newest first, at most twenty', () => {
    expect(withRecent(['a', 'b'], 'b')).toEqual(['b', 'a']);
    expect(withRecent(['a'], '')).toEqual(['a']);
    const many = Array.from({ length: 20 }, (_, index) => `f${index}`);
    expect(withRecent(many, 'new')).toHaveLength(20);
    expect(withRecent(many, 'new')[0]).toBe('new');
  });
});

describe('faults in the filter box', () => {
  it('are placed, with the nearest name', () => {
    const [fault] = diagnose('src_namespac = shop');
    expect(fault).toMatchObject({ from: 0, to: 12, severity: 'error' });
    expect(fault?.message).toContain('src_namespace');
  });

  it('can be seen where they are empty', () => {
    const [fault] = diagnose('proto =');
    expect((fault?.to ?? 0) - (fault?.from ?? 0)).toBeGreaterThan(0);
  });
});
