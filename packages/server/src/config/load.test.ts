import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerError } from '../errors.ts';
import { loadConfig } from './load.ts';
import { configJsonSchema, settings } from './schema.ts';
import { withoutSecrets } from './secrets.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-config-'));
afterAll(() => rmSync(dir, { recursive: true }));

function fileWith(text: string): string {
  const path = join(dir, 'weir.yaml');
  writeFileSync(path, text);
  return path;
}

function mistakes(
  yaml: string,
  env: Record<string, string> = {},
  flags: Record<string, string> = {},
): readonly string[] {
  try {
    loadConfig({ file: fileWith(yaml), env, flags });
  } catch (error) {
    if (error instanceof ServerError) return error.mistakes.map((line) => line.replaceAll(`${dir}/`, ''));
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs nothing: every setting has a default, all of them on loopback', () => {
    const config = loadConfig({ env: {}, flags: {} });
    expect(config.listen.host).toBe('127.0.0.1');
    expect(config.listen.ports).toEqual([2055, 2056, 4739, 6343, 9995]);
    expect([config.http.host, config.http.port]).toEqual(['127.0.0.1', 8080]);
    expect(config.spool.max_age).toBe(1000);
  });

  it('takes no collector by a name under which a consumer tells of itself', () => {
    expect(mistakes('collector: consumer-a')).toEqual([
      expect.stringContaining('collector: must not begin with consumer-'),
    ]);
    expect(mistakes('collector: consumers')).toEqual([]);
  });

  it('takes no sampling rate that a column of 32 bits cannot hold', () => {
    const rates = 'sampling: { default_rate: 4294967296, exporters: [{ network: 10.0.0.0/8, rate: 4294967296 }] }';
    expect(mistakes(rates)).toHaveLength(2);
    expect(mistakes(rates.replaceAll('4294967296', '4294967295'))).toEqual([]);
  });

  it('bounds what is kept of exporters to what makes sense', () => {
    const config = loadConfig({ env: { WEIR_LISTEN_MEDIATORS: '10.0.0.0/8,2001:db8::1/128' }, flags: {} });
    expect(config.listen).toMatchObject({
      state_memory: 256 * 1024 * 1024,
      template_lifetime: 86_400_000,
      mediators: ['10.0.0.0/8', '2001:db8::1/128'],
    });
    expect(mistakes('listen: { state_memory: 1KiB, template_lifetime: 30s, mediators: [router] }')).toEqual([
      expect.stringContaining('listen.state_memory: less than 1MiB'),
      expect.stringContaining('listen.template_lifetime: less than 1m'),
      expect.stringContaining('"router" is not a network'),
    ]);
  });

  it('is taken from the file, then the environment, then flags, the later winning', () => {
    const config = loadConfig({
      file: fileWith('http: { port: 1001 }\nlisten: { ports: [1], host: "::1" }\nstore: { retention: { flows: 2d } }'),
      env: { WEIR_HTTP_PORT: '1002', WEIR_LISTEN_PORTS: '2055, 4739', PATH: '/bin' },
      flags: { 'http.port': '1003', 'log.level': undefined },
    });
    expect(config.http.port).toBe(1003);
    expect(config.listen).toMatchObject({ ports: [2055, 4739], host: '::1' });
    expect(config.store.retention.flows).toBe(2 * 86_400_000);
  });

  it('reports an unknown key with its place and the nearest name', () => {
    expect(mistakes('http:\n  prot: 80\n')).toEqual([
      'weir.yaml:2:9: unknown setting "http.prot", did you mean "port"?',
    ]);
  });

  it('reports every mistake, each once', () => {
    expect(
      mistakes('http: { port: abc }\nspool: { max_size: 1 parsec }\n', { WEIR_HTP_PORT: '1' }, { 'listen.lanes': '0' }),
    ).toEqual([
      'environment: unknown variable WEIR_HTP_PORT, did you mean WEIR_HTTP_PORT?',
      expect.stringMatching(/^flag --listen-lanes: listen.lanes: /),
      'weir.yaml:2:20: spool.max_size: "1 parsec" is not a size such as 64MiB or 10GB',
      expect.stringMatching(/^weir.yaml:1:15: http.port: .*number/),
    ]);
  });

  it('passes over what Kubernetes sets for Services whose names begin with weir', () => {
    const env = {
      WEIR_SERVICE_HOST: '10.96.0.7',
      WEIR_SERVICE_PORT: '8080',
      WEIR_SERVICE_PORT_HTTP: '8080',
      WEIR_PORT: 'tcp://10.96.0.7:8080',
      WEIR_PORT_8080_TCP: 'tcp://10.96.0.7:8080',
      WEIR_PORT_2055_UDP_PROTO: 'udp',
      WEIR_PORT_8080_TCP_PORT: '8080',
      WEIR_PORT_8080_TCP_ADDR: '10.96.0.7',
      WEIR_HTTP_PORT: 'tcp://10.96.0.7:8080',
    };
    expect(loadConfig({ env, flags: {} }).http.port).toBe(8080);
    expect(mistakes('', { WEIR_PORT: '1' })).toEqual([
      expect.stringContaining('environment: unknown variable WEIR_PORT'),
    ]);
  });

  it('says where YAML itself is broken', () => {
    expect(mistakes('http: [')[0]).toMatch(/^weir.yaml:1:\d+: /);
    expect(mistakes('just text')[0]).toContain('expected settings');
  });

  it('serves beyond loopback only when told that this is wanted', () => {
    expect(mistakes('http: { host: 0.0.0.0 }')[0]).toContain('0.0.0.0 is beyond loopback and there is no login');
    expect(mistakes('http: { host: 0.0.0.0, insecure: true }')).toEqual([]);
  });

  it('names a network that is none', () => {
    expect(mistakes('listen: { allow: [10.0.0.0/8, banana] }')[0]).toContain('"banana" is not a network');
  });

  it('takes a secret from the environment or from a file, whose last line break is not part of it', () => {
    const path = join(dir, 'password');
    writeFileSync(path, 's3cret\n');
    expect(loadConfig({ env: { WEIR_STORE_PASSWORD: 's3cret' }, flags: {} }).store.password).toBe('s3cret');
    expect(loadConfig({ env: {}, flags: { 'store.password_file': path } }).store.password).toBe('s3cret');
    expect(mistakes(`store: { password_file: ${path} }`, { WEIR_STORE_PASSWORD: 'x' })).toEqual([
      'weir.yaml:1:25: store.password_file: store.password is given too (environment: WEIR_STORE_PASSWORD): keep one of them',
    ]);
    writeFileSync(path, '\n');
    expect(mistakes(`store: { password_file: ${path} }`)).toEqual([
      'weir.yaml:1:25: store.password_file: password is empty',
    ]);
    expect(mistakes('', {}, { 'store.password_file': join(dir, 'absent') })).toEqual([
      'flag --store-password-file: store.password_file: cannot read absent (ENOENT)',
    ]);
  });

  it('takes no secret from a flag, and does not say it', () => {
    expect(mistakes('', {}, { 'store.password': 's3cret', 'store.url': 'http://weir:s3cret@db' })).toEqual([
      expect.stringMatching(/^flag --store-password: .* WEIR_STORE_PASSWORD, .* store\.password_file/),
      expect.stringMatching(/^flag --store-url: .* the URL without its password/),
    ]);
    expect(mistakes('', {}, { 'store.password': 's3cret' }).join()).not.toContain('s3cret');
    expect(mistakes('', {}, { 'store.url': 'http://db/?user=weir&password=s3cret' })).toEqual([
      expect.stringMatching(/^flag --store-url: .* the URL without its password/),
    ]);
  });

  it('marks its secrets', () => {
    const secrets = settings().filter(({ secret }) => secret);
    expect(secrets.map(({ path }) => path.join('.'))).toEqual(['store.password']);
    const shown = withoutSecrets(loadConfig({ env: { WEIR_STORE_PASSWORD: 's3cret' }, flags: {} }));
    expect(JSON.stringify(shown)).not.toContain('s3cret');
  });

  it('fails with a message for a file that cannot be read', () => {
    expect(() => loadConfig({ file: join(dir, 'absent.yaml'), env: {}, flags: {} })).toThrow(
      /cannot read .*absent.yaml \(ENOENT\)/,
    );
  });

  it('describes every setting', () => {
    for (const setting of settings())
      expect([setting.path.join('.'), setting.description !== '']).toEqual([setting.path.join('.'), true]);
    expect(configJsonSchema().properties).toHaveProperty('store');
  });
});
