// What a spool file of flows holds, in a small file beside it: enough to account for the file without reading it, to prepare the table
// for it, and to tell whether it is still what was written. Two lines: JSON, and the checksum of that JSON. A lane writes it without the
// checksums of the file's blocks, which would cost it 5 % of its time; whoever hands the file over seals it with them.
import { readFileSync } from 'node:fs';
import { CHECKSUM, textChecksum } from './checksum.ts';
import type { Span } from './counts.ts';
import { asSpoolError, type ExporterRows, SpoolError } from './errors.ts';
import type { NativeColumn } from './native/write.ts';

/** A block of the Native format, in the order of the file. */
export type BlockSize = readonly [bytes: number, rows: number];
export type BlockEntry = readonly [...BlockSize, checksum: string];

/** Of a file that is complete and not sealed. */
export interface OpenManifest {
  /** Of this layout. */
  readonly version: 2;
  /** The file's own name: a manifest that was put beside another file is no use. */
  readonly name: string;
  readonly rows: number;
  /** Bytes of the Native file. */
  readonly bytes: number;
  /** All columns that a block of the file has; a block may lack those that are not core, whose rows are then zero. */
  readonly columns: readonly NativeColumn[];
  readonly exporters: ExporterRows;
  /** Earliest and latest time_received of each hour in which rows were received. */
  readonly spans: readonly Span[];
  readonly blocks: readonly (BlockSize | BlockEntry)[];
  /** Flows that the writer had spooled up to and with this file, of the exporters above; absent where nobody asked for it. */
  readonly totals?: ExporterRows;
}

/** Of a file that may be handed over. */
export interface Manifest extends Omit<OpenManifest, 'blocks'> {
  /** Which checksum it is. */
  readonly checksum: typeof CHECKSUM;
  readonly blocks: readonly BlockEntry[];
}

/** Earliest and latest time_received, milliseconds since 1970. */
export function spanOf({ spans }: Pick<Manifest, 'spans'>): Span {
  return [spans[0]?.[0] ?? 0, spans.at(-1)?.[1] ?? 0];
}

export function manifestText(manifest: OpenManifest | Manifest): string {
  const json = JSON.stringify(manifest);
  return `${json}\n${textChecksum(json)}\n`;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isPairs = (value: unknown, test: (pair: readonly unknown[]) => boolean): boolean =>
  Array.isArray(value) && value.every((pair: unknown) => Array.isArray(pair) && test(pair));

const isRows = (value: unknown): boolean =>
  isPairs(value, ([key, rows]) => typeof key === 'string' && /^\d{1,20}$/.test(key) && isCount(rows));

function isOpenManifest(value: unknown): value is OpenManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { version, name, rows, bytes, columns, exporters, spans, blocks, totals } = value as Record<string, unknown>;
  return (
    version === 2 &&
    typeof name === 'string' &&
    isCount(rows) &&
    isCount(bytes) &&
    Array.isArray(columns) &&
    columns.every(
      (column: Partial<NativeColumn> | null) => typeof column?.name === 'string' && typeof column.type === 'string',
    ) &&
    isRows(exporters) &&
    (totals === undefined || isRows(totals)) &&
    isPairs(spans, ([first, last]) => Number.isFinite(first) && Number.isFinite(last)) &&
    isPairs(blocks, ([length, count]) => isCount(length) && isCount(count))
  );
}

export function isSealed(manifest: OpenManifest | Manifest): manifest is Manifest {
  return (
    'checksum' in manifest && manifest.checksum === CHECKSUM && manifest.blocks.every(([, , sum]) => sum !== undefined)
  );
}

/** Sums must agree, or one of the numbers is not what was written. */
function agrees({ rows, bytes, exporters, blocks }: OpenManifest): boolean {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return (
    sum(exporters.map(([, count]) => count)) === rows &&
    sum(blocks.map(([, count]) => count)) === rows &&
    sum(blocks.map(([length]) => length)) === bytes
  );
}

function parse(text: string, path: string): OpenManifest {
  const [json, sum] = text.split('\n');
  if (sum === undefined || textChecksum(json) !== sum) {
    throw new SpoolError('bad_manifest', `${path} is cut or changed: its checksum does not fit`);
  }
  const value: unknown = JSON.parse(json);
  if (!isOpenManifest(value)) throw new SpoolError('bad_manifest', `${path} is not a manifest that this version reads`);
  if (!agrees(value)) throw new SpoolError('bad_manifest', `${path}: its sums do not agree`);
  return value;
}

/**
 * Reads a manifest, sealed or not. Throws SpoolError `missing` where there is none, `bad_manifest` where it cannot be understood or is of
 * another file than `name`.
 */
export function readOpenManifest(path: string, name?: string): OpenManifest | Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  }
  const manifest = parse(text, path);
  if (name !== undefined && manifest.name !== name) {
    throw new SpoolError('bad_manifest', `${path} is the manifest of ${manifest.name}`);
  }
  return manifest;
}

/** Reads the manifest of a file that was handed over. Throws as `readOpenManifest`, and `bad_manifest` for one that is not sealed. */
export function readManifest(path: string, name?: string): Manifest {
  const manifest = readOpenManifest(path, name);
  if (!isSealed(manifest)) throw new SpoolError('bad_manifest', `${path} has no checksums`);
  return manifest;
}
