// IPFIX messages (RFC 7011 section 3.1): for demo traffic, benchmarks and tests.
import { MessageWriter, type SetSpec, writeSets } from '../template/encode.ts';
import type { RowContext } from '../template/row-values.ts';
import { IPFIX_FRAMING, IPFIX_VERSION } from './message.ts';

export interface IpfixHeader extends RowContext {
  /** Data records sent before this message, for this observation domain. */
  readonly sequence: number;
  readonly domain: number;
}

/**
 * One message of the sets in order, and how far it moves the sequence. Throws WireError `bad_message` when it is longer than a datagram,
 * `bad_template` for a template id below 256.
 */
export function encodeIpfix(header: IpfixHeader, sets: readonly SetSpec[]): { bytes: Uint8Array; dataRecords: number } {
  const out = new MessageWriter();
  out.uint(IPFIX_VERSION, 2);
  out.uint(0, 2);
  out.uint(Math.floor(header.time / 1000), 4);
  out.uint(header.sequence, 4);
  out.uint(header.domain, 4);
  const { dataRecords } = writeSets(out, sets, IPFIX_FRAMING, header);
  out.patch(2, out.length);
  return { bytes: out.finish(), dataRecords };
}
