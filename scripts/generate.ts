// Writes everything that is generated from code (reference pages, tables), or with `--check` says what is no longer current.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateParser } from '../packages/query/src/language/generate.ts';
import { generateApiReference } from '../packages/server/src/http/reference.ts';
import { generateRegistry } from '../packages/wire/src/ipfix/generate-registry.ts';
import { configReference } from './reference-config.ts';
import { fieldsReference } from './reference-fields.ts';
import { ledgerReference } from './reference-ledger.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Every generated file and what makes it. */
const GENERATED: readonly { readonly path: string; make(): string | Promise<string> }[] = [
  { path: 'docs/reference/fields.md', make: fieldsReference },
  { path: 'docs/reference/configuration.md', make: configReference },
  { path: 'docs/reference/ledger.md', make: ledgerReference },
  { path: 'docs/reference/api.md', make: generateApiReference },
  ...Object.entries(generateParser()).map(([path, text]) => ({
    path: `packages/query/src/language/${path}`,
    make: () => text,
  })),
  {
    path: 'packages/wire/src/ipfix/gen/registry.ts',
    make: () => generateRegistry(read('packages/wire/registries/ipfix-information-elements.csv')),
  },
];

const check = process.argv.includes('--check');
let stale = 0;
for (const { path, make } of GENERATED) {
  const wanted = await make();
  let found = '';
  try {
    found = read(path);
  } catch {
    // Not there yet.
  }
  if (found === wanted) continue;
  if (check) {
    stale++;
    process.stderr.write(`${path} is not current: run npm run generate\n`);
  } else {
    writeFileSync(join(root, path), wanted);
    process.stdout.write(`wrote ${path}\n`);
  }
}
if (check) process.stdout.write(`generated files: ${stale === 0 ? 'current' : `${stale} stale`}\n`);
process.exitCode = stale === 0 ? 0 : 1;
