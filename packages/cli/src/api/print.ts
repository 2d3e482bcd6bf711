// Answers of the API as text for a terminal: tables with columns as wide as they need to be, numbers as people read them.
import type { Flow } from '@weir/query';
import { codeName, tcpFlagLetters } from '@weir/record';

/** Text from the network, without what a terminal would take for commands. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach the terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

export interface TableColumn {
  readonly title: string;
  readonly right?: boolean;
  /** Least width; the first row's of a stream that goes on. */
  readonly width?: number;
}

/** Rows as aligned lines, each ending in a line break. `header` false leaves the titles out. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[], header = true): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map((column, index) =>
    Math.max(column.width ?? 0, column.title.length, ...cells.map((row) => row[index].length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => (columns[index].right ? cell.padStart(widths[index]) : cell.padEnd(widths[index])))
      .join('  ')
      .trimEnd();
  const lines = [...(header ? [columns.map((column) => column.title)] : []), ...cells].map(line);
  return lines.map((text) => `${text}\n`).join('');
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** A number in three or four digits with a decimal prefix: 1,234,567 is `1.23 M`. */
export function short(value: number): string {
  if (value === 0) return '0';
  const step = Math.max(0, Math.min(PREFIXES.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3)));
  const scaled = value / 1000 ** step;
  if (step === 0 && Number.isInteger(value)) return String(value);
  const digits = Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${step === 0 ? '' : ` ${PREFIXES[step]}`}`;
}

const UNITS: Readonly<Record<string, string>> = {
  bytes: 'B',
  bytes_sampled: 'B',
  dropped_bytes: 'B',
  bits_per_second: 'bit/s',
  packets_per_second: '/s',
  flows_per_second: '/s',
};

/** A metric's value with its unit. */
export function metricText(metric: string, value: number): string {
  const unit = UNITS[metric];
  if (unit === undefined) return short(value);
  const text = short(value);
  return / [a-zA-Z]$/.test(text) ? `${text}${unit}` : `${text} ${unit}`;
}

export const FLOW_COLUMNS: readonly TableColumn[] = [
  { title: 'received', width: 24 },
  { title: 'source', width: 30 },
  { title: 'destination', width: 30 },
  { title: 'proto', width: 5 },
  { title: 'flags', width: 5 },
  { title: 'bytes', right: true, width: 8 },
  { title: 'packets', right: true, width: 7 },
];

/** One end of a flow: its name and port, else its address and port. */
function end(flow: Flow, side: 'src' | 'dst'): string {
  const name = flow[`${side}_name`];
  const namespace = flow[`${side}_namespace`];
  const address = String(flow[`${side}_addr`] ?? '-');
  const resolved = name !== undefined && flow[`${side}_kind`] !== 'unresolved';
  const host = resolved ? (namespace === undefined ? String(name) : `${namespace}/${name}`) : address;
  const port = flow[`${side}_port`];
  if (port === undefined) return host;
  return !resolved && host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Cells of FLOW_COLUMNS for one flow. */
export function flowCells(flow: Flow): string[] {
  const proto = Number(flow.proto ?? 0);
  return [
    new Date(Number(flow.time_received ?? 0)).toISOString(),
    end(flow, 'src'),
    end(flow, 'dst'),
    codeName('proto', proto) ?? String(proto),
    tcpFlagLetters(Number(flow.tcp_flags ?? 0)),
    short(Number(flow.bytes ?? 0)),
    short(Number(flow.packets ?? 0)),
  ];
}
