// Options that the commands which ask the API share.
import { readDuration, resolveTime } from '@weir/query';
import { InvalidArgumentError, Option } from 'commander';

/** A time as the API takes it: `15m` is that long ago. Throws InvalidArgumentError. */
export function timeArgument(text: string): string {
  if (readDuration(text) !== undefined) return `now-${text}`;
  if (resolveTime(text, 0) !== undefined) return text;
  throw new InvalidArgumentError('Use how long ago (15m, 2h, 7d) or a time such as 2026-03-01T12:00:00Z.');
}

export const sinceOption = (): Option =>
  new Option('--since <time>', 'start: how long ago (15m, 2h, 7d) or a time (2026-03-01T12:00:00Z)')
    .argParser(timeArgument)
    .default('now-15m', '15m');

export const untilOption = (): Option =>
  new Option('--until <time>', 'end: how long ago, or a time').argParser(timeArgument).default('now');

/** A count of at least one. Throws InvalidArgumentError. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Use a whole number from 1 on.');
  return Number(text);
}
