import { describe, expect, it } from 'vitest';
import { apiUrl } from './client.ts';
import { joinNewest } from './tail.ts';

describe('the rows of the live tail', () => {
  it('are the newest, at most as many as the page keeps', () => {
    const row = (n: number) => ({ flow_id: String(n) });
    expect(joinNewest([row(3)], [row(2), row(1)], 2)).toEqual([row(3), row(2)]);
    expect(joinNewest([row(5), row(4), row(3)], [row(2)], 2)).toEqual([row(5), row(4)]);
  });
});

describe('the address of a request', () => {
  it('leaves out what is empty and encodes the rest', () => {
    expect(apiUrl('flows', { filter: 'proto = tcp & x', cursor: '', limit: 5, order: undefined })).toBe(
      '/api/v1/flows?filter=proto+%3D+tcp+%26+x&limit=5',
    );
    expect(apiUrl('status')).toBe('/api/v1/status');
  });
});
