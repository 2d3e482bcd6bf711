// sFlow version 5 datagrams (sflow.org "sFlow Version 5"): a header that names the agent, then samples, each with its length. Sequence
// numbers count datagrams of a sub-agent. What is unknown is passed over by its length and counted.
import { ACCOUNT, type FlowBatch, IPV4_MAPPED_WORD, QUALITY } from '@weir/record';
import type { MessageContext, Outcome } from '../decoder.ts';
import type { Exporter } from '../exporter.ts';
import { Packet } from '../packet/packet.ts';
import { viewOf } from '../view.ts';
import { readCounterSample } from './counters.ts';
import { ADDRESS_TYPE, SAMPLE, SFLOW_VERSION } from './format.ts';
import { readDiscardedSample, readFlowSample, type SampleContext } from './samples.ts';
import { sflowSource } from './state.ts';

const agentWords = new Uint32Array(4);
/** Reused for all datagrams: made with the first one's batch. */
let shared: SampleContext | undefined;

function sampleContext(batch: FlowBatch, context: MessageContext): SampleContext {
  shared ??= {
    packet: new Packet(batch),
    message: context,
    subAgent: undefined,
    domain: 0,
    sequence: 0,
    quality: 0,
  };
  return shared;
}

/**
 * Decodes one sFlow v5 datagram: a row for each flow sample and each discarded packet. `context.exporter` becomes the agent, unless the
 * sender may name no more agents. A sample that does not fit refuses the rest of the datagram; the rows before it stay.
 */
export function decodeSflow(
  data: Uint8Array,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
): Outcome {
  if (end - start < 8) return 'malformed';
  const view = viewOf(data);
  if (view.getUint32(start) !== SFLOW_VERSION) return 'unsupported_version';

  const addressType = view.getUint32(start + 4);
  const addressBytes = addressType === ADDRESS_TYPE.ipv4 ? 4 : addressType === ADDRESS_TYPE.ipv6 ? 16 : 0;
  if (addressBytes === 0 && addressType !== ADDRESS_TYPE.unknown) return 'malformed';
  let at = start + 8 + addressBytes;
  if (end - at < 16) return 'malformed';
  const sender = context.exporter;
  const agent = findAgent(view, start + 8, addressBytes, context);
  if (agent === undefined) context.agentRefused = true;
  else context.exporter = agent;

  const samples = sampleContext(batch, context);
  samples.message = context;
  samples.packet.bind(data, batch, context.packetDetail ?? true);
  samples.domain = view.getUint32(at);
  samples.sequence = view.getUint32(at + 4);
  // What cannot be kept under the agent is not kept: the sub-agents of several agents would be mixed up under their sender.
  samples.subAgent = agent === undefined ? undefined : sflowSource(agent, sender, context).subAgent(samples.domain);
  const gap = samples.subAgent?.sequence.advance(samples.sequence, 1) ?? 0;
  samples.quality = gap > 0 ? QUALITY.after_sequence_gap : 0;
  const count = view.getUint32(at + 12);
  at += 16;

  for (let i = 0; i < count; i++) {
    if (end - at < 8) return 'malformed';
    const format = view.getUint32(at);
    const length = view.getUint32(at + 4);
    at += 8;
    if (length > end - at) return 'malformed';
    if (!readSample(samples, view, at, at + length, format)) {
      batch.scrub(batch.length + 1);
      return 'malformed';
    }
    // XDR opaque data is padded to four bytes.
    at = Math.min(end, at + ((length + 3) & ~3));
  }
  return 'decoded';
}

/**
 * The exporter that the agent is; for an agent that does not know its address, the socket's peer. Undefined where the peer may name no
 * more agents: then the flows are the peer's.
 */
function findAgent(view: DataView, at: number, bytes: number, context: MessageContext): Exporter | undefined {
  const { exporter: sender, exporters } = context;
  if (bytes === 4) {
    const address = view.getUint32(at, true);
    if (address === 0) return sender;
    agentWords[0] = 0;
    agentWords[1] = 0;
    agentWords[2] = IPV4_MAPPED_WORD;
    agentWords[3] = address;
  } else if (bytes === 16) {
    for (let word = 0; word < 4; word++) agentWords[word] = view.getUint32(at + word * 4, true);
    if ((agentWords[0] | agentWords[1] | agentWords[2] | agentWords[3]) === 0) return sender;
  } else return sender;
  return exporters.named(agentWords, 0, sender);
}

/** False where a length or count in the sample does not fit. */
function readSample(samples: SampleContext, view: DataView, at: number, end: number, format: number): boolean {
  const { counters } = samples.message.exporter;
  switch (format) {
    case SAMPLE.flow:
      return readFlowSample(samples, view, at, end, false);
    case SAMPLE.flowExpanded:
      return readFlowSample(samples, view, at, end, true);
    case SAMPLE.counter:
    case SAMPLE.counterExpanded:
      counters[ACCOUNT.samples_counter]++;
      return readCounterSample(samples.subAgent, view, at, end, format === SAMPLE.counterExpanded);
    case SAMPLE.discarded:
      return readDiscardedSample(samples, view, at, end);
    default:
      counters[ACCOUNT.samples_unknown]++;
      return true;
  }
}
