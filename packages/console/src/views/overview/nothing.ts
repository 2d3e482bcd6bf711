// What views about flows say when there are none.
/** What an empty answer about flows says. */
export function nothing(filter: string): string {
  return filter === ''
    ? 'No flows in this time range. Point an exporter at Weir, or choose a longer range.'
    : 'No flows match the filter in this time range.';
}
