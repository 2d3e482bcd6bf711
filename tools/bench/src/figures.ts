// What a bench reports: numbers with their spread, what is aimed at, and how they are printed.

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** What is aimed at: at least this much, or at most when `atMost`. */
  readonly target?: number;
  readonly atMost?: boolean;
  /** Whether the median meets the target; undefined without one. */
  readonly met?: boolean;
}

export interface FigureOptions {
  readonly target?: number;
  readonly atMost?: boolean;
}

/** A figure of one or more measurements of the same thing. */
export function figure(name: string, unit: string, values: readonly number[], options: FigureOptions = {}): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const { target, atMost = false } = options;
  return {
    name,
    unit,
    min: sorted[0],
    median,
    max: sorted[sorted.length - 1],
    ...(target === undefined ? {} : { target, atMost, met: atMost ? median <= target : median >= target }),
  };
}

/** Three or four significant digits, with thousands apart. */
export function numberText(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Math.round(value * 100) / 100);
}

/** A table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, min, median, max, target, atMost, met }) => [
    name,
    numberText(median),
    min === max ? '' : `${numberText(min)} … ${numberText(max)}`,
    unit,
    target === undefined ? '' : `${atMost ? 'at most' : 'at least'} ${numberText(target)}`,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  rows.unshift(['what', 'median', 'min … max', 'unit', 'target', '']);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const right = (column: number) => column === 1 || column === 2;
  return rows
    .map((row) =>
      row
        .map((cell, column) => (right(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
