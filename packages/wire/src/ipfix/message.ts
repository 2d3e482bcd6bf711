// IPFIX messages (RFC 7011 section 3): a 16-byte header and sets. Sequence numbers count data records per observation domain.
import { type FlowBatch, QUALITY, SOURCE } from '@weir/record';
import { referenceClock, skewBit } from '../clock.ts';
import type { MessageContext, Outcome } from '../decoder.ts';
import type { ObservationDomain } from '../template/domain.ts';
import { Run } from '../template/run.ts';
import { readSets } from '../template/sets.ts';
import { type TemplateState, templateState } from '../template/state.ts';
import type { Framing } from '../template/template.ts';
import { viewOf } from '../view.ts';

export const IPFIX_VERSION = 10;
export const IPFIX_HEADER_BYTES = 16;

/** RFC 7011 section 3.3.2. */
export const IPFIX_FRAMING: Framing = { templateSet: 2, optionsSet: 3, ipfix: true };

const run = new Run();
run.source = SOURCE.ipfix;
/** IPFIX headers carry no uptime. */
run.uptime = -1;

/** Decodes the IPFIX messages of one datagram; RFC 7011 has one a datagram, some exporters and captures put several end to end. */
export function decodeIpfix(
  data: Uint8Array,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
): Outcome {
  const view = viewOf(data);
  let at = start;
  do {
    if (end - at < IPFIX_HEADER_BYTES || view.getUint16(at) !== IPFIX_VERSION) return 'malformed';
    const length = view.getUint16(at + 2);
    if (length < IPFIX_HEADER_BYTES) return 'malformed';
    // A message said to be longer than the datagram is read as far as it goes.
    const messageEnd = Math.min(at + length, end);
    const state = templateState(context, SOURCE.ipfix);
    const domain = state.domain(view.getUint32(at + 12));
    if (domain === undefined) return 'state_cap';
    const whole = decodeMessage(data, view, at, messageEnd, batch, context, state, domain);
    if (!whole || at + length > end) return 'malformed';
    at = messageEnd;
  } while (at < end);
  return 'decoded';
}

function decodeMessage(
  data: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
  state: TemplateState,
  domain: ObservationDomain,
): boolean {
  run.batch = batch;
  run.message = data;
  run.context = context;
  run.domain = domain;
  run.exported = view.getUint32(start + 4) * 1000;
  run.clock = referenceClock(run.exported, context.timeReceived);
  run.sequence = view.getUint32(start + 8);
  run.quality = skewBit(run.exported, context.timeReceived);
  const before = batch.length;
  const { whole, records, skipped } = readSets(run, state, IPFIX_FRAMING, view, start + IPFIX_HEADER_BYTES, end);

  let gap = 0;
  if (state.messageSequence !== undefined) gap = state.messageSequence.advance(run.sequence, 1);
  else {
    gap = domain.sequence.advance(run.sequence, records);
    // How many records the message had is not known: the next message is taken at its word.
    if (skipped || !whole) domain.sequence.restart();
  }
  if (gap > 0) {
    const quality = batch.core.quality;
    for (let row = before; row < batch.length; row++) quality[row] |= QUALITY.after_sequence_gap;
  }
  return whole;
}
