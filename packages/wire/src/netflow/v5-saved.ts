// The state of NetFlow v5 as bytes: of each engine its sampling interval, how it numbers its messages, and where its sequence stands.
import type { StateReader, StateWriter } from '../saved/bytes.ts';
import type { Restoring } from '../saved/restoring.ts';
import { readPosition, readUsage, writePosition, writeUsage } from '../saved/usage.ts';
import type { StateClock } from '../state-clock.ts';
import type { Engine, Netflow5State } from './v5-state.ts';

/** Evidence goes from -4 to 4, and is stored from 0 on. */
const EVIDENCE_ZERO = 128;

export function saveEngines(
  engines: Iterable<Engine>,
  clock: StateClock,
  writer: StateWriter,
  sequences: boolean,
): void {
  writer.list(engines, (engine) => {
    const { evidence, position } = engine.sequence;
    const [previous, previousCount, next] = position;
    writer.u32(engine.id);
    writeUsage(engine, clock, writer);
    writer.u32(engine.sampling);
    writer.u8(EVIDENCE_ZERO + evidence);
    writePosition(next, sequences, writer);
    writer.u32(previous);
    writer.u32(previousCount);
  });
}

export function restoreEngines(state: Netflow5State, reader: StateReader, restoring: Restoring): void {
  reader.list(() => {
    const id = reader.u32();
    const usage = readUsage(reader, restoring);
    const sampling = reader.u32();
    const evidence = reader.u8() - EVIDENCE_ZERO;
    const position = readPosition(reader);
    const previous = reader.u32();
    const previousCount = reader.u32();
    const engine = restoring.isExpired(usage) ? undefined : state.engine(id);
    if (engine === undefined) return;
    engine.learnt = usage.learnt;
    engine.used = usage.used;
    engine.sampling = sampling;
    engine.sequence.believe(evidence);
    if (position >= 0) engine.sequence.resume(previous, previousCount, position);
  });
}
