// What a spool file of flows holds, in a small JSON file beside it: enough to account for it and to prepare the table for it
// without reading it.
import { readFileSync } from 'node:fs';
import type { NativeColumn } from './native.ts';
import { asSpoolError, type ExporterRows, SpoolError } from './spool-error.ts';

export interface Manifest {
  readonly rows: number;
  /** Bytes of the Native file. */
  readonly bytes: number;
  /** All columns that a block of the file has; a block may lack those that are not core, whose rows are then zero. */
  readonly columns: readonly NativeColumn[];
  readonly exporters: ExporterRows;
  /** Earliest and latest time_received, milliseconds since 1970. */
  readonly firstReceived: number;
  readonly lastReceived: number;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { rows, bytes, columns, exporters, firstReceived, lastReceived } = value as Record<string, unknown>;
  return (
    [rows, bytes, firstReceived, lastReceived].every(isCount) &&
    Array.isArray(columns) &&
    columns.every(
      (column: Partial<NativeColumn>) => typeof column.name === 'string' && typeof column.type === 'string',
    ) &&
    Array.isArray(exporters) &&
    exporters.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string' && isCount(entry[1]))
  );
}

/** Throws SpoolError `missing` where there is none, `bad_manifest` where it cannot be understood. */
export function readManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SpoolError('bad_manifest', `${path} is not JSON`, [], error);
  }
  if (!isManifest(value)) throw new SpoolError('bad_manifest', `${path} is not a manifest`);
  return value;
}
