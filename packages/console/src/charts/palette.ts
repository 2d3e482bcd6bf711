// Colours of series. Ten that people with colour blindness tell apart by lightness too; what is left over is grey. A group
// keeps its colour while the page is open, whatever its rank becomes.
import type { Theme } from '../state/theme.ts';

const COLOURS: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#0b66c3', '#e2762b', '#138d75', '#8456c4', '#c9447f', '#7d8c1f', '#36a3d9', '#a5482f', '#4a5fb5', '#b9921a'],
  dark: ['#5aa9f5', '#f59d5c', '#3fc1a5', '#b08af0', '#ee7fb0', '#b6c95a', '#74cdf7', '#e08a70', '#8fa2f0', '#e6c65c'],
};
const OTHER: Readonly<Record<Theme, string>> = { light: '#a9b1bb', dark: '#6a7280' };

export function otherColour(theme: Theme): string {
  return OTHER[theme];
}

export function colourAt(slot: number, theme: Theme): string {
  const colours = COLOURS[theme];
  return colours[slot % colours.length] ?? OTHER[theme];
}

/**
 * Slots of the palette for the labels shown: those seen before keep theirs, new ones take the lowest free slot. Labels no
 * longer shown give theirs up, so a long day does not run out of colours.
 */
export function assignSlots(before: ReadonlyMap<string, number>, labels: readonly string[]): Map<string, number> {
  const slots = new Map<string, number>();
  for (const label of labels) {
    const kept = before.get(label);
    if (kept !== undefined) slots.set(label, kept);
  }
  const taken = new Set(slots.values());
  let free = 0;
  for (const label of labels) {
    if (slots.has(label)) continue;
    while (taken.has(free)) free++;
    taken.add(free);
    slots.set(label, free);
  }
  return slots;
}
