// Keys that move through the rows of a table. Pure.

/** Row after a key, or undefined where the key does not move. `page` is how many rows are seen at once. */
export function moved(key: string, row: number, count: number, page: number): number | undefined {
  const last = count - 1;
  const clamp = (to: number) => Math.max(0, Math.min(last, to));
  switch (key) {
    case 'ArrowDown':
      return clamp(row + 1);
    case 'ArrowUp':
      return clamp(row - 1);
    case 'PageDown':
      return clamp(row + page);
    case 'PageUp':
      return clamp(row - page);
    case 'Home':
      return 0;
    case 'End':
      return clamp(last);
    default:
      return undefined;
  }
}
