// Turns registries/ipfix-information-elements.csv into the source of gen/registry.ts.
import { WireError } from '../errors.ts';

const HEADER = 'enterprise,id,name,type';
const LINE = /^(\d+),(\d+),([A-Za-z0-9_]+),([A-Za-z0-9]+)$/;

/**
 * Source text of the registry, from the csv's text. Rows keep the csv's order.
 * Throws WireError `bad_registry` with the line number for a line that is not `enterprise,id,name,type`.
 */
export function generateRegistry(csvText: string): string {
  const [header, ...lines] = csvText.trimEnd().split(/\r?\n/);
  if (header !== HEADER) throw new WireError('bad_registry', `the first line must be "${HEADER}"`);
  const types: string[] = [];
  const rows = lines.map((line, index) => {
    const match = LINE.exec(line);
    if (match === null) throw new WireError('bad_registry', `line ${index + 2}: "${line}" is not ${HEADER}`);
    const [, enterprise, id, name, type] = match;
    if (!types.includes(type)) types.push(type);
    return `  [${enterprise}, ${id}, '${name}', ${types.indexOf(type)}],`;
  });
  return [
    '// Generated from registries/ipfix-information-elements.csv by `npm run generate`. Do not edit.',
    '',
    '/** Abstract data types (RFC 7012 section 3.1), by the index that rows use. */',
    `export const TYPES = [${types.map((type) => `'${type}'`).join(', ')}] as const;`,
    '',
    '/** Enterprise, id, name, index of the type. */',
    'export const ROWS: readonly (readonly [number, number, string, number])[] = [',
    ...rows,
    '];',
    '',
  ].join('\n');
}
