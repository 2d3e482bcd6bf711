// weir fields: the field catalogue, as a table or as JSON.
import { ATTRIBUTE_FIELDS, CODES, FIELDS } from '@weir/record';
import { type Command, Option } from 'commander';
import { CliError, type Context } from '../command.ts';

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly core: boolean;
  readonly description: string;
  readonly unit?: string;
  /** IPFIX elements: IANA ids or PEN/id. */
  readonly elements?: readonly (number | string)[];
  readonly elsewhere?: object;
  readonly codes?: Readonly<Record<string, number>>;
  /** For a key: the dimension it names a row of. For an attribute: where it comes from. */
  readonly dimension?: string;
  readonly key?: string;
  readonly attribute?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[text...]', 'only fields whose name or description contains all of these')
    .addOption(new Option('-f, --format <format>', 'how to print them').choices(['table', 'json']).default('table'));
  command.addHelpText(
    'after',
    `
Lists what a flow can have: the same names in filters, JSON, SQL and URLs. Core
fields are always stored, others from the moment an exporter fills them. A field
of kind "attribute" is looked up by a key that the flow carries.

Examples:
  weir fields
  weir fields vlan
  weir fields --format json | jq '.[] | select(.core).name'`,
  );
  command.action((words: string[], { format }: { format: 'table' | 'json' }) => {
    const entries = allFields().filter((entry) => matches(entry, words));
    if (entries.length === 0)
      throw new CliError('failed', `no field has ${words.map((word) => `"${word}"`).join(' and ')}`);
    context.stdout.write(format === 'json' ? `${JSON.stringify(entries, null, 2)}\n` : table(entries));
  });
}

function allFields(): Entry[] {
  const codes: Readonly<Record<string, Readonly<Record<string, number>>>> = CODES;
  const columns = FIELDS.map(({ name, kind, group, core, description, unit, elements, elsewhere, dimension }) => ({
    name,
    kind,
    group,
    core,
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(elements.length === 0 ? {} : { elements }),
    ...(Object.keys(elsewhere).length === 0 ? {} : { elsewhere }),
    ...(codes[name] === undefined ? {} : { codes: codes[name] }),
    ...(dimension === undefined ? {} : { dimension }),
  }));
  const attributes = ATTRIBUTE_FIELDS.map(({ name, description, key, dimension, attribute }) => ({
    name,
    kind: 'attribute',
    group: 'identity',
    core: false,
    description,
    dimension,
    key,
    attribute,
  }));
  return [...columns, ...attributes];
}

function matches(entry: Entry, words: readonly string[]): boolean {
  const text = `${entry.name} ${entry.description}`.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

function table(entries: readonly Entry[]): string {
  const rows = entries.map(({ name, kind, core, unit, description }) => [
    name,
    kind,
    core ? 'core' : '',
    unit === undefined ? description : `${description} (${unit})`,
  ]);
  const head = ['name', 'kind', '', 'description'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
