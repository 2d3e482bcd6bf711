// NDJSON: a JSON object per line, as the HTTP API has it. What is absent is left out.
import type { FlowColumn } from '../flow-record.ts';
import { type CellStyle, RowCells } from '../text/row-cells.ts';
import { type Encoding, SPOOL_FILE } from './encoding.ts';

const OPEN = 0x7b;
const CLOSE_LINE = Buffer.from('}\n');

/** Cells are members of the object, each with a comma before it. */
const MEMBERS: CellStyle = {
  head: (name) => `,${JSON.stringify(name)}:`,
  absent: () => '',
  quote: '"',
  value: (value) => JSON.stringify(value),
};

/** `withSpoolFile`: each flow names the file of the spool that it is from. */
export function ndjson(columns: readonly FlowColumn[], withSpoolFile: boolean): Encoding {
  const cells = new RowCells(columns, MEMBERS);
  return {
    extension: 'ndjson',
    header: '',
    over(batch, names, spoolFile) {
      const writers = cells.over(batch, names);
      const last = Buffer.from(withSpoolFile ? MEMBERS.head(SPOOL_FILE, 0) + JSON.stringify(spoolFile) : '');
      return (row, out) => {
        const start = out.length;
        for (const write of writers) write(row, out);
        out.raw(last);
        // The first comma opens the object.
        if (out.length > start) out.replace(start, OPEN);
        else out.byte(OPEN);
        out.raw(CLOSE_LINE);
      };
    },
  };
}
