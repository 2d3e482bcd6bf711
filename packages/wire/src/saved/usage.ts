// When things were first and last seen, as spans of time before the saving: restored, that and the time since further back. And positions
// in sequences.
import type { StateClock } from '../state-clock.ts';
import type { Usage } from '../usage.ts';
import type { StateReader, StateWriter } from './bytes.ts';
import type { Restoring } from './restoring.ts';

export function writeUsage({ learnt, used, read }: Usage, clock: StateClock, writer: StateWriter): void {
  writer.f64(clock.now - learnt);
  writer.f64(clock.now - used);
  writer.u8(read ? 1 : 0);
}

export function readUsage(reader: StateReader, { context, elapsed }: Restoring): Usage {
  const saved = context.clock.now - elapsed;
  return { learnt: saved - reader.time(), used: saved - reader.time(), read: reader.u8() !== 0 };
}

/** -1: none, or not to be saved. */
export function writePosition(position: number, sequences: boolean, writer: StateWriter): void {
  const isSaved = sequences && position >= 0;
  writer.u8(isSaved ? 1 : 0);
  writer.u32(isSaved ? position : 0);
}

export function readPosition(reader: StateReader): number {
  const isSaved = reader.u8() !== 0;
  const position = reader.u32();
  return isSaved ? position : -1;
}
