// How far what was measured may be from the truth, and why.
import type { Direction } from './traffic.ts';

/** What a collector made of the flows in one direction. */
export interface Measured {
  readonly bytes: number;
  readonly packets: number;
}

/** Relative difference allowed where every packet is looked at: exporters miss the odd packet at their start and end. */
export const UNSAMPLED_TOLERANCE = 0.02;

/** Standard deviations that a sampled figure may be off: four is exceeded by chance once in 16,000 times. */
const DEVIATIONS = 4;

/**
 * Relative difference that sampling explains when each packet is taken with probability 1/`rate` and counted `rate`
 * times. Of n packets the estimate has variance n(rate - 1); of bytes, the sum of the squared lengths times (rate - 1),
 * which is at most the longest packet times all bytes times (rate - 1).
 */
export function samplingTolerance(truth: Direction, rate: number, longestPacket: number): Measured {
  const packets = (DEVIATIONS * Math.sqrt((rate - 1) * truth.packets)) / truth.packets;
  const bytes = (DEVIATIONS * Math.sqrt((rate - 1) * longestPacket * truth.bytes)) / truth.bytes;
  return { packets, bytes };
}

/** Relative difference of a figure from the truth: -0.01 is one percent too little. */
export function difference(measured: number, truth: number): number {
  return measured / truth - 1;
}
