import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerError } from '../errors.ts';
import { loadConfig } from './load.ts';
import { type Config, itemSettings } from './schema.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-config-'));
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD = { type: 'files', name: 'archive', path: '/srv/flows' };

function load(list: readonly object[], rest: object = {}): Config['sinks'] {
  const file = join(dir, 'weir.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ ...rest, sinks: list }));
  return loadConfig({ file, env: {}, flags: {} }).sinks;
}

/** What is said of it, without the place in the file. */
function mistakes(list: readonly object[], rest: object = {}): string[] {
  try {
    load(list, rest);
    return [];
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return error.mistakes.map((line) => line.replace(/^.*weir\.yaml:\d+:\d+: /, ''));
  }
}

describe('the configuration of sinks', () => {
  it('needs a type, a name and a place; the rest has defaults', () => {
    expect(load([])).toEqual([]);
    expect(load([GOOD])).toEqual([
      {
        type: 'files',
        name: 'archive',
        path: '/srv/flows',
        filter: '',
        format: 'ndjson',
        compression: 'none',
        spool_file: false,
        rotate: { size: 256 * 1024 ** 2, age: 900_000 },
        keep: {},
        spool_max_size: 1024 ** 3,
      },
    ]);
    expect(load([{ ...GOOD, keep: { age: '7d', size: '1GiB' }, rotate: { age: '1h' } }])[0]).toMatchObject({
      keep: { age: 7 * 86_400_000, size: 1024 ** 3 },
      rotate: { size: 256 * 1024 ** 2, age: 3_600_000 },
    });
  });

  it('may be given in a variable', () => {
    const { sinks } = loadConfig({ env: { WEIR_SINKS: JSON.stringify([GOOD]) }, flags: {} });
    expect(sinks).toMatchObject([{ name: 'archive' }]);
  });

  it('says what types there are, and the nearest name of a setting that is not known', () => {
    expect(mistakes([{ ...GOOD, type: 'kafka' }])).toEqual([
      'sinks.0.type: there is no such type of sink: there is files',
    ]);
    expect(mistakes([{ ...GOOD, formt: 'csv' }])).toEqual(['unknown setting "sinks.0.formt", did you mean "format"?']);
    expect(mistakes([{ ...GOOD, rotate: { sise: 1 } }])).toEqual([
      'unknown setting "sinks.0.rotate.sise", did you mean "size"?',
    ]);
  });

  it('says where a mistake in a filter is', () => {
    expect(mistakes([{ ...GOOD, filter: 'proto = tcp and dst_prot = 80' }])).toEqual([
      'sinks.0.filter: There is no field "dst_prot"; did you mean dst_port? (at character 17: dst_prot)',
    ]);
    // Valid elsewhere, but not for RE2.
    expect(mistakes([{ ...GOOD, filter: String.raw`src_name ~ "\\u00e9"` }])).toEqual([
      expect.stringMatching(
        /^sinks\.0\.filter: Not a regular expression: invalid escape sequence.* \(at character 12: /,
      ),
    ]);
  });

  it('suggests the field that was meant, and takes each once', () => {
    expect(mistakes([{ ...GOOD, fields: ['src_adr', 'SrcAddr', 'bytes', 'bytes', 'port'] }])).toEqual([
      'sinks.0.fields.0: there is no field "src_adr", did you mean "src_addr"?',
      'sinks.0.fields.1: there is no field "SrcAddr", did you mean "src_addr"?',
      // A bare form of filters is no field of a flow.
      expect.stringMatching(/^sinks\.0\.fields\.4: there is no field "port"/),
      'sinks.0.fields.3: "bytes" is there twice',
    ]);
    expect(mistakes([{ ...GOOD, fields: [] }])).toHaveLength(1);
  });

  it('takes no name twice, and none of a consumer of its own', () => {
    expect(mistakes([GOOD, { ...GOOD, path: '/srv/other' }])).toEqual([
      'sinks.1.name: there is another sink "archive": what waits for a sink and its account go by its name',
    ]);
    for (const name of ['store', 'names']) {
      expect(mistakes([{ ...GOOD, name }])).toEqual([
        `sinks.0.name: "${name}" is a consumer of Weir's own: choose another name`,
      ]);
    }
    for (const name of ['', 'A', '../x', 'a/b', 'a.b', 'x'.repeat(64)])
      expect(mistakes([{ ...GOOD, name }])).toHaveLength(1);
  });

  it('keeps sinks out of the data directory', () => {
    const data = join(dir, 'data');
    for (const path of [data, join(data, 'spool'), `${data}/x/../y`]) {
      expect(mistakes([{ ...GOOD, path }], { data })[0]).toMatch(
        /^sinks\.0\.path: .* is in the data directory .*: choose a directory outside of it$/,
      );
    }
    for (const path of [join(dir, 'data-of-sinks'), dir, '/'])
      expect(mistakes([{ ...GOOD, path }], { data })).toEqual([]);
  });

  it('takes the example of the guide', () => {
    const guide = readFileSync(fileURLToPath(new URL('../../../../docs/guides/sinks.md', import.meta.url)), 'utf8');
    const [, example] = /```yaml\n([\s\S]+?)```/.exec(guide) ?? [];
    const file = join(dir, 'guide.yaml');
    writeFileSync(file, example);
    expect(loadConfig({ file, env: {}, flags: {} }).sinks.map(({ name }) => name)).toEqual(['archive', 'web']);
  });

  it('describes every setting', () => {
    for (const { path, kind, settings } of itemSettings()) {
      for (const setting of settings) {
        const name = [...path, kind, ...setting.path].join('.');
        expect([name, setting.description !== '']).toEqual([name, true]);
      }
    }
  });

  it('takes no sizes and ages that cannot be meant', () => {
    expect(mistakes([{ ...GOOD, rotate: { size: '1KiB', age: '10ms' } }])).toEqual([
      'sinks.0.rotate.size: a file cannot be smaller than 64KiB',
      'sinks.0.rotate.age: a file cannot be completed within less than 1s',
    ]);
    expect(mistakes([{ ...GOOD, keep: { age: 'a week' } }])).toEqual([
      'sinks.0.keep.age: "a week" is not a duration such as 30s, 15m or 7d',
    ]);
  });
});
