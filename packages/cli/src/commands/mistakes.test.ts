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

describe('a secret', () => {
  const never = new AbortController().signal;

  it('is shown by no command, also not inside a URL', async () => {
    const env = { WEIR_STORE_PASSWORD: 's3cret', WEIR_STORE_URL: 'https://weir:s3cret@db:8443/x' };
    const { code, stdout } = await runWeir(['config', 'check', '--print'], never, env);
    expect(code).toBe(0);
    expect(stdout).not.toContain('s3cret');
    expect(stdout).toContain('password: …\n');
    expect(stdout).toContain('url: https://weir:…@db:8443/x\n');
  });

  it('is refused on the command line of any command, which is told where to put it and does not say it again', async () => {
    for (const args of [
      ['serve', '--store-password', 's3cret'],
      ['serve', '--store-password=s3cret'],
      ['config', 'check', '--store-password', 's3cret'],
      ['top', '--store-password=s3cret'],
    ]) {
      const { code, stdout, stderr } = await runWeir(args);
      expect([args[0], code, stdout, stderr]).toEqual([
        args[0],
        2,
        '',
        'weir: flag --store-password: every user of this machine can read command lines: ' +
          'give the secret in WEIR_STORE_PASSWORD, or in a file that store.password_file names\n',
      ]);
    }
    const url = await runWeir(['serve', '--store-url', 'https://weir:s3cret@db:8443']);
    expect(url.code).toBe(2);
    expect(url.stderr).toMatch(/^weir: flag --store-url: .*give the URL without its password, .*WEIR_STORE_PASSWORD/);
    expect(url.stderr).not.toContain('s3cret');
    const misspelt = await runWeir(['serve', '--store-pasword=s3cret']);
    expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining("unknown option '--store-pasword'")]);
    expect(misspelt.stderr).not.toContain('s3cret');
  });

  it('is not offered as a flag', async () => {
    const { stdout } = await runWeir(['serve', '--help']);
    expect(stdout).toContain('--store-password-file <string>');
    expect(stdout).not.toMatch(/--store-password\b(?!-file)/);
  });
});
