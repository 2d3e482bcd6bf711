// NetFlow v9 (RFC 3954): a 20-byte header and sets. Sequence numbers count messages per source id. The header's record count is
// not trusted: exporters disagree on what it counts, and the lengths of the sets say all.
import { type FlowBatch, QUALITY, SOURCE } from '@weir/record';
import { referenceClock, skewBit } from '../clock.ts';
import type { MessageContext, Outcome } from '../decoder.ts';
import { Run } from '../template/run.ts';
import { readSets } from '../template/sets.ts';
import { templateState } from '../template/state.ts';
import type { Framing } from '../template/template.ts';
import { viewOf } from '../view.ts';

export const V9_HEADER_BYTES = 20;

/** RFC 3954 sections 5.2 and 6.1. */
export const V9_FRAMING: Framing = { templateSet: 0, optionsSet: 1, ipfix: false };

const run = new Run();
run.source = SOURCE.netflow9;

/** Decodes one NetFlow v9 message. */
export function decodeNetflow9(
  data: Uint8Array,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
): Outcome {
  if (end - start < V9_HEADER_BYTES) return 'malformed';
  const view = viewOf(data);
  const state = templateState(context, SOURCE.netflow9);
  const domain = state.domain(view.getUint32(start + 16));
  if (domain === undefined) return 'state_cap';
  run.batch = batch;
  run.message = data;
  run.context = context;
  run.domain = domain;
  run.uptime = view.getUint32(start + 4);
  run.exported = view.getUint32(start + 8) * 1000;
  run.clock = referenceClock(run.exported, context.timeReceived);
  run.sequence = view.getUint32(start + 12);
  const gap = domain.sequence.advance(run.sequence, 1);
  run.quality = skewBit(run.exported, context.timeReceived) | (gap > 0 ? QUALITY.after_sequence_gap : 0);
  return readSets(run, state, V9_FRAMING, view, start + V9_HEADER_BYTES, end).whole ? 'decoded' : 'malformed';
}
