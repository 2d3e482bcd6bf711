// Makes gen/ from filter.grammar: `node packages/query/src/language/generate.ts`. A test checks that gen/ is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { buildParserFile } from '@lezer/generator';

const HEADER = '// Made by generate.ts from filter.grammar: do not edit.\n';

/** Generated files by their path relative to this folder. */
export function generateParser(): Record<string, string> {
  const grammar = readFileSync(new URL('filter.grammar', import.meta.url), 'utf8');
  const built = buildParserFile(grammar, {
    fileName: 'filter.grammar',
    moduleStyle: 'es',
    typeScript: true,
    warn: (message) => {
      throw new Error(message);
    },
  });
  return {
    'gen/filter.ts': HEADER + built.parser.replace(/^\/\/ This file was generated.*\n/, ''),
    'gen/filter.terms.ts': HEADER + built.terms.replace(/^\/\/ This file was generated.*\n/, ''),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generateParser())) {
    writeFileSync(new URL(path, import.meta.url), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
