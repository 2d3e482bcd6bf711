// What a format of files is to whoever writes them: text at the head of each file, and a line for each flow.
import type { FlowBatch } from '@weir/record';
import type { Names } from '../names/names.ts';
import type { TextBuffer } from '../text/text-buffer.ts';

/** Writes the line of a row, its end included. */
export type WriteLine = (row: number, out: TextBuffer) => void;

export interface Encoding {
  /** Ending of the files' names, without a dot. */
  readonly extension: string;
  /** What each file begins with. */
  readonly header: string;
  /** Valid until the batch changes. `spoolFile`: the file of the spool that the rows are from. */
  over(batch: FlowBatch, names: Names, spoolFile: string): WriteLine;
}

/** Name of the column that says which file of the spool a flow is from. */
export const SPOOL_FILE = 'spool_file';
