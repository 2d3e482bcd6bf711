// NetFlow v9 messages (RFC 3954 section 5.1): for demo traffic, benchmarks and tests.
import { MessageWriter, type SetSpec, writeSets } from '../template/encode.ts';
import type { RowContext } from '../template/row-values.ts';
import { V9_FRAMING } from './v9.ts';

export interface Netflow9Header extends RowContext {
  /** Messages sent before this one, for this source id. */
  readonly sequence: number;
  readonly sourceId: number;
}

/**
 * One message of the sets in order. The header's clock has whole seconds: `time` is cut to them, so give whole seconds where times
 * must come back exactly. Throws WireError `bad_message` when it is longer than a datagram, `bad_template` for a template id below 256.
 */
export function encodeNetflow9(header: Netflow9Header, sets: readonly SetSpec[]): Uint8Array {
  const out = new MessageWriter();
  out.uint(9, 2);
  out.uint(0, 2);
  out.uint(header.sysUptime, 4);
  out.uint(Math.floor(header.time / 1000), 4);
  out.uint(header.sequence, 4);
  out.uint(header.sourceId, 4);
  out.patch(2, writeSets(out, sets, V9_FRAMING, header).records);
  return out.finish();
}
