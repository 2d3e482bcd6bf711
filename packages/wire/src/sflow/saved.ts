// The state of sFlow as bytes: of each sub-agent of an agent its rates, its interfaces and where its sequence stands, by who sent them.
import type { StateReader, StateWriter } from '../saved/bytes.ts';
import type { Restoring } from '../saved/restoring.ts';
import { readPosition, readUsage, writePosition, writeUsage } from '../saved/usage.ts';
import type { SflowSource } from './source.ts';
import type { SubAgent } from './sub-agent.ts';

/** ifName (RFC 2863). */
const MAX_NAME_BYTES = 255;

export function saveSources(sources: Iterable<SflowSource>, writer: StateWriter, sequences: boolean): void {
  writer.list(sources, (source) => {
    writer.words(source.sender.words);
    writer.list(source.subAgents.values(), (subAgent) => saveSubAgent(subAgent, source, writer, sequences));
  });
}

function saveSubAgent(subAgent: SubAgent, { clock }: SflowSource, writer: StateWriter, sequences: boolean): void {
  writer.u32(subAgent.id);
  writeUsage(subAgent, clock, writer);
  writePosition(subAgent.sequence.position, sequences, writer);
  writer.list(subAgent.sampling, ([source, rate]) => {
    writer.u32(source);
    writer.u32(rate);
  });
  writer.list(subAgent.interfaces, ([ifIndex, { name, speed, type }]) => {
    writer.u32(ifIndex);
    writer.text(name);
    writer.f64(speed);
    writer.u32(type);
  });
}

/** `sourceOf`: what an address may tell of the agent; undefined where the sender is not known or may name no more agents. */
export function restoreSources(
  sourceOf: (sender: Uint32Array) => SflowSource | undefined,
  reader: StateReader,
  restoring: Restoring,
): void {
  reader.list(() => {
    const source = sourceOf(reader.words());
    reader.list(() => restoreSubAgent(source, reader, restoring));
  });
}

function restoreSubAgent(source: SflowSource | undefined, reader: StateReader, restoring: Restoring): void {
  const id = reader.u32();
  const usage = readUsage(reader, restoring);
  const position = readPosition(reader);
  const subAgent = restoring.isExpired(usage) ? undefined : source?.subAgent(id);
  reader.list(() => {
    const dataSource = reader.u32();
    subAgent?.noteSampling(dataSource, reader.u32());
  });
  reader.list(() => {
    const ifIndex = reader.u32();
    const name = reader.text().slice(0, MAX_NAME_BYTES);
    const speed = reader.time();
    subAgent?.describeInterface(ifIndex, { name, speed, type: reader.u32() });
  });
  if (subAgent === undefined) return;
  Object.assign(subAgent, usage);
  if (position >= 0) subAgent.sequence.resume(position);
}
