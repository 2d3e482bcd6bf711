// Holds the direction of imports between packages: a package may use only those to its left (see ARCHITECTURE.md).
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each package may import of the others. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  record: [],
  config: ['record'],
  wire: ['record'],
  libc: [],
  listen: ['record', 'wire', 'libc'],
  enrich: ['record'],
  query: ['record'],
  spool: ['record', 'libc'],
  store: ['record', 'libc', 'query', 'spool'],
  sinks: ['record', 'config', 'libc', 'enrich', 'query', 'spool'],
  server: ['record', 'config', 'wire', 'libc', 'listen', 'enrich', 'query', 'spool', 'store', 'sinks'],
  // The command line starts everything, the demo included.
  cli: ['record', 'wire', 'listen', 'enrich', 'query', 'spool', 'store', 'server', 'demo'],
  // The page shares names and the filter language with the server, nothing else.
  console: ['record', 'query'],
  demo: ['record', 'wire', 'enrich'],
  bench: ['record', 'wire', 'libc', 'listen', 'enrich', 'query', 'spool', 'store', 'server', 'demo', 'conformance'],
  conformance: ['record', 'wire', 'libc', 'listen', 'enrich', 'query', 'spool', 'store', 'server', 'demo', 'cli'],
  siege: ['record', 'wire', 'listen', 'query', 'spool', 'store', 'cli', 'conformance', 'bench'],
};

const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Imports of `source` (a file of `package`) that break the rule, one message each. */
export function violations(packageName: string, path: string, source: string): string[] {
  const allowed = ALLOWED[packageName];
  if (allowed === undefined) return [`${path}: package "${packageName}" has no entry in scripts/check-imports.ts`];
  // Browser and conformance tests may reach for what only tests need.
  const test = path.endsWith('.test.ts');
  const found: string[] = [];
  for (const [, specifier] of source.matchAll(IMPORT)) {
    const own = /^@weir\/([a-z]+)/.exec(specifier)?.[1];
    if (own !== undefined && own !== packageName && !allowed.includes(own) && !(test && own === 'conformance')) {
      found.push(
        `${path}: ${packageName} may not import @weir/${own}; it may import ${allowed.join(', ') || 'nothing'}`,
      );
    }
    if (specifier.startsWith('.') && /^(\.\.\/)+(packages|tools)\//.test(specifier)) {
      found.push(`${path}: import another package by its name, not by "${specifier}"`);
    }
  }
  return found;
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'gen') continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const found: string[] = [];
  for (const group of ['packages', 'tools']) {
    for (const name of readdirSync(join(root, group))) {
      for (const path of sources(join(root, group, name))) {
        found.push(...violations(name, relative(root, path), readFileSync(path, 'utf8')));
      }
    }
  }
  for (const line of found) process.stderr.write(`${line}\n`);
  process.stdout.write(`import direction: ${found.length === 0 ? 'holds' : `${found.length} broken`}\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
