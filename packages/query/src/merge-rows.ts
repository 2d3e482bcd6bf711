// Rows of a result that show the same key, as one. Groups are told apart by keys that stand for names; where a name changes in
// the store between that and the looking up of names, two groups may show the same.
import type { ResultRow } from './compile.ts';

export interface MergedRow {
  readonly row: ResultRow;
  /** What the answer tells rows apart by. */
  readonly shown: readonly (string | number)[];
  readonly sums: number[];
}

/** The rows with their sums (columns m0, m1, …), largest by the sum at `order` first, then by what they show. */
export function mergeRows(
  rows: readonly ResultRow[],
  shownOf: (row: ResultRow) => readonly (string | number)[],
  sums: readonly string[],
  order: number,
): MergedRow[] {
  const merged = new Map<string, MergedRow>();
  for (const row of rows) {
    const shown = shownOf(row);
    const id = JSON.stringify(shown);
    const known = merged.get(id);
    if (known === undefined) {
      merged.set(id, { row, shown, sums: sums.map((_, index) => Number(row[`m${index}`])) });
      continue;
    }
    for (const index of known.sums.keys()) known.sums[index] += Number(row[`m${index}`]);
  }
  return [...merged.values()].sort((a, b) => b.sums[order] - a.sums[order] || compare(a.shown, b.shown));
}

function compare(a: MergedRow['shown'], b: MergedRow['shown']): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at] < b[at] ? -1 : 1;
}
