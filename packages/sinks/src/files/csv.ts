// CSV with the quoting of RFC 4180 and one line break (LF) per line. Each file begins with the names of its columns. An absent value is an
// empty cell, a list is its JSON text.
import type { FlowColumn, FlowValue } from '../flow-record.ts';
import { type CellStyle, RowCells } from '../text/row-cells.ts';
import { type Encoding, SPOOL_FILE } from './encoding.ts';

function cell(value: FlowValue): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const separator = (index: number): string => (index === 0 ? '' : ',');

const CELLS: CellStyle = {
  head: (_, index) => separator(index),
  absent: separator,
  quote: '',
  value: cell,
};

const NOTHING = Buffer.from('""');

/** `withSpoolFile`: the last column names the file of the spool that a flow is from. */
export function csv(columns: readonly FlowColumn[], withSpoolFile: boolean): Encoding {
  const cells = new RowCells(columns, CELLS);
  const names = [...columns.map(({ name }) => name), ...(withSpoolFile ? [SPOOL_FILE] : [])];
  return {
    extension: 'csv',
    header: `${names.join(',')}\n`,
    over(batch, known, spoolFile) {
      const writers = cells.over(batch, known);
      const end = Buffer.from(withSpoolFile ? `,${cell(spoolFile)}\n` : '\n');
      return (row, out) => {
        const start = out.length;
        for (const write of writers) write(row, out);
        // An empty line is no record to most readers.
        if (out.length === start && !withSpoolFile) out.raw(NOTHING);
        out.raw(end);
      };
    },
  };
}
