// How flows are printed: JSON lines with catalogue names, or a table for eyes.
import {
  CODES,
  codeName,
  FIELD,
  type Field,
  type FlowBatch,
  formatAddress,
  getNumber,
  keyText,
  qualityNames,
  type RowOptions,
  rowToObject,
  tcpFlagLetters,
} from '@weir/record';
import type { Decoder, ElementValue, NamedElement } from '@weir/wire';

export interface FlowFormat {
  /** What stands before the first flow. */
  readonly header: string;
  /** A flow, with its line end. */
  line(batch: FlowBatch, row: number): string;
}

interface FormatOptions {
  /** Codes and the bits of `quality` by name. */
  readonly names: boolean;
  /** Knows the exporters and texts that keys name. */
  readonly decoder: Decoder;
  /** Elements of a row's record that have no column; absent: they are not printed. */
  readonly elements?: (row: number) => readonly NamedElement[];
}

export function flowFormat(format: 'json' | 'table', options: FormatOptions): FlowFormat {
  const text = keyTexts(options.decoder);
  const { names, elements } = options;
  return format === 'json' ? jsonFormat(text, names, elements) : tableFormat(text, elements);
}

/** Elements by name. Of one that its record has more than once, all values in order. */
function elementsByName(elements: readonly NamedElement[]): Record<string, ElementValue | ElementValue[]> {
  const values = new Map<string, ElementValue[]>();
  for (const { name, value } of elements) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}

/** Looks up what a decoder interned: texts by their key, exporters' addresses by theirs. */
function keyTexts(decoder: Decoder): NonNullable<RowOptions['text']> {
  const texts = new Map<string, string>();
  const exporters = new Map<string, string>();
  return (field: Field, key: string) => {
    for (const { key: fresh, text } of decoder.strings.drain()) texts.set(keyText(fresh), text);
    if (field.dimension !== 'exporters') return texts.get(key);
    const known = exporters.get(key);
    if (known !== undefined) return known;
    for (const exporter of decoder.exporters.all()) exporters.set(keyText(exporter.key), exporter.address);
    return exporters.get(key);
  };
}

function jsonFormat(
  text: NonNullable<RowOptions['text']>,
  names: boolean,
  elements: FormatOptions['elements'],
): FlowFormat {
  return {
    header: '',
    line(batch, row) {
      const object = rowToObject(batch, row, { text });
      if (names) {
        for (const field of Object.keys(CODES)) {
          const code = object[field];
          if (typeof code === 'number') object[field] = codeName(field, code) ?? code;
        }
        if (typeof object.quality === 'number') object.quality = qualityNames(object.quality);
      }
      const others = elements?.(row) ?? [];
      const whole = others.length === 0 ? object : { ...object, elements: elementsByName(others) };
      return `${JSON.stringify(whole)}\n`;
    },
  };
}

const COLUMNS = [
  ['time', 24],
  ['exporter', 15],
  ['source', 8],
  ['src', 21],
  ['dst', 21],
  ['proto', 9],
  ['flags', 8],
  ['packets', 10],
  ['bytes', 12],
  ['rate', 6],
  ['in>out', 9],
] as const;

/** Values line up as long as they fit their column; longer ones (IPv6) are not cut. */
function tableFormat(text: NonNullable<RowOptions['text']>, elements: FormatOptions['elements']): FlowFormat {
  const line = (cells: readonly string[]) =>
    `${cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0)).join(' ')}`.trimEnd().concat('\n');
  return {
    header: line([...COLUMNS.map(([name]) => name), ...(elements === undefined ? [] : ['elements'])]),
    line(batch, row) {
      const proto = batch.use(FIELD.proto)[row];
      const source = batch.use(FIELD.source)[row];
      const { exporter, time_end: time } = rowToObject(batch, row, { text });
      return line([
        String(time ?? ''),
        String(exporter ?? ''),
        codeName('source', source) ?? String(source),
        endText(batch, row, FIELD.src_addr, FIELD.src_port),
        endText(batch, row, FIELD.dst_addr, FIELD.dst_port),
        codeName('proto', proto) ?? String(proto),
        tcpFlagLetters(batch.use(FIELD.tcp_flags)[row]),
        String(getNumber(batch.use(FIELD.packets), row)),
        String(getNumber(batch.use(FIELD.bytes), row)),
        String(batch.use(FIELD.sampling_rate)[row] || ''),
        `${batch.use(FIELD.in_if)[row]}>${batch.use(FIELD.out_if)[row]}`,
        ...(elements?.(row) ?? []).map(({ name, value }) => `${name}=${value}`),
      ]);
    },
  };
}

/** `10.0.0.1:443`, `[2001:db8::1]:443`, or the address alone. */
function endText(batch: FlowBatch, row: number, addr: Field<'addr'>, portField: Field<'u16'>): string {
  const address = formatAddress(batch.use(addr), row * 4) || '-';
  const port = batch.use(portField)[row];
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
