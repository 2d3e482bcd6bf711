import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runWeir } from '../testing.ts';

const data = mkdtempSync(join(tmpdir(), 'weir-cli-'));
afterAll(() => rmSync(data, { recursive: true }));

describe('mistakes of the person who types', () => {
  it('are one line and exit 2 where the demo cannot write its data directory', async () => {
    const { code, stderr } = await runWeir(['serve', '--demo', '--data', '/dev/null/weir']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^weir: data: .* cannot be written \(\w+\); choose another directory with --data\n$/),
    ]);
  });

  it('are one line and exit 1 where the store does not answer', async () => {
    const { code, stderr } = await runWeir(['demo', 'clean', '--data', data, '--store-url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/weir: the store: cannot run the query: .*ECONNREFUSED.*\n$/);
    expect(stderr).not.toContain('    at ');
  });
});

describe('weir config check --print', () => {
  it('shows no password, also none inside a URL', async () => {
    const { code, stdout } = await runWeir([
      ...['config', 'check', '--print', '--store-password', 's3cret'],
      ...['--store-url', 'https://weir:s3cret@db:8443/x'],
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toContain('s3cret');
    expect(stdout).toContain('url: https://weir:…@db:8443/x\n');
  });
});
