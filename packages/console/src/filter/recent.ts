// Filters applied lately, newest first, kept in this browser.

const STORED = 'weir.filters';
const KEPT = 20;

/** The kept filters. What cannot be read counts as none. */
export function recentFilters(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]');
    return Array.isArray(stored) ? stored.filter((text): text is string => typeof text === 'string') : [];
  } catch {
    return [];
  }
}

/** The list with one more on top, each once. */
export function withRecent(before: readonly string[], filter: string): readonly string[] {
  return filter === '' ? before : [filter, ...before.filter((text) => text !== filter)].slice(0, KEPT);
}

/** Puts a filter on top of the kept ones. */
export function rememberFilter(filter: string): void {
  localStorage.setItem(STORED, JSON.stringify(withRecent(recentFilters(), filter)));
}
