// Writes src/ipfix/gen/registry.ts from registries/ipfix-information-elements.csv.
import { readFileSync, writeFileSync } from 'node:fs';
import { generateRegistry } from '../src/ipfix/generate-registry.ts';

const here = (path: string) => new URL(`../${path}`, import.meta.url);
const csv = readFileSync(here('registries/ipfix-information-elements.csv'), 'utf8');
writeFileSync(here('src/ipfix/gen/registry.ts'), generateRegistry(csv));
