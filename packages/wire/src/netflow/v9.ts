// NetFlow v9 (RFC 3954).
import type { FlowBatch } from '@weir/record';
import type { MessageContext, Outcome } from '../decoder.ts';

export function decodeNetflow9(
  _data: Uint8Array,
  _start: number,
  _end: number,
  _batch: FlowBatch,
  _context: MessageContext,
): Outcome {
  return 'unsupported_version';
}
