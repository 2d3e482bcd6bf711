// The exporter's clock: header times, and milliseconds of its uptime turned into time.
import { QUALITY } from '@weir/record';

/** A header clock further than this from ours is flagged. */
const MAX_SKEW_MS = 5 * 60_000;

/** `clock_skewed` where the message's clock is more than five minutes from the time of receipt, else 0. */
export function skewBit(exportedMs: number, receivedMs: number): number {
  return Math.abs(exportedMs - receivedMs) > MAX_SKEW_MS ? QUALITY.clock_skewed : 0;
}

/** A header clock below this, 50 days after 1970, was never set: it counts from the exporter's start. */
const CLOCK_UNSET_MS = 4294967296;

/** What relative times are taken from: the message's clock, or the time of receipt where that clock was never set. */
export function referenceClock(exportedMs: number, receivedMs: number): number {
  return exportedMs < CLOCK_UNSET_MS ? Math.floor(receivedMs) : exportedMs;
}

/**
 * Milliseconds between a moment on the uptime clock and the header's uptime, both u32 and wrapping every 49.7 days:
 * the signed 32-bit difference is right across a wrap and for moments slightly after the header's.
 */
export function uptimeAgo(headerUptime: number, moment: number): number {
  return (headerUptime - moment) | 0;
}
