// docs/reference/fields.md from the field catalogue.
import { ATTRIBUTE_FIELDS, CODES, DIMENSIONS, FIELDS, type Field, KINDS, QUALITY } from '@weir/record';
import { code, GENERATED_NOTE, table } from './markdown.ts';

const GROUPS = {
  time: 'Time',
  provenance: 'Provenance',
  headers: 'Packet headers',
  application: 'Application',
  counters: 'Counters',
  identity: 'Identity',
  policy: 'Policy',
  place: 'Place',
} as const satisfies Record<Field['group'], string>;

export function fieldsReference(): string {
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const rows = FIELDS.filter((field) => field.group === group).map((field) => [
      code(field.name),
      `${field.kind}${field.dimension === undefined ? '' : ` → ${field.dimension}`}`,
      field.core ? 'yes' : '',
      `${field.description}${field.unit === undefined ? '' : ` (${field.unit})`}`,
      field.elements.join(', '),
      Object.entries(field.elsewhere)
        .map(([system, name]) => `${system}: ${code(name)}`)
        .join(', '),
    ]);
    return `## ${title}\n\n${table(['Field', 'Kind', 'Core', 'Meaning', 'IPFIX elements', 'Elsewhere'], rows)}`;
  });
  const attributes = table(
    ['Field', 'Of', 'Meaning'],
    ATTRIBUTE_FIELDS.map((field) => [
      code(field.name),
      `${code(field.key)} → ${field.dimension}.${field.attribute}`,
      field.description,
    ]),
  );
  const dimensions = Object.entries(DIMENSIONS).map(
    ([name, dimension]) =>
      `### ${name}\n\n${dimension.description}.\n\n${table(
        ['Attribute', 'ClickHouse type', 'Meaning'],
        Object.entries(dimension.attributes).map(([attribute, { type, description }]) => [
          code(attribute),
          code(type),
          description,
        ]),
      )}`,
  );
  const codes = Object.entries(CODES).map(
    ([column, names]) =>
      `- ${code(column)}: ${Object.entries(names)
        .map(([name, value]) => `${value} ${name}`)
        .join(', ')}`,
  );
  const quality = Object.entries(QUALITY).map(([name, bit]) => `- ${bit} ${code(name)}`);
  return `${GENERATED_NOTE}

# Fields of a flow

Core columns are always in the table. Each of the others is added when an exporter first fills it; until then it reads as zero.
Absent is the zero of the kind, never null. An IPFIX element is an IANA number or \`PEN/number\`; NetFlow v9 types are the same
below 128.

Kinds and their ClickHouse types: ${Object.entries(KINDS)
    .map(([kind, { clickhouse }]) => `${kind} ${code(clickhouse)}`)
    .join(', ')}.

${groups.join('\n\n')}

## Fields of what keys name

${attributes}

## Codes

${codes.join('\n')}

Bits of \`quality\`:

${quality.join('\n')}

## Dimension tables

${dimensions.join('\n\n')}
`;
}
