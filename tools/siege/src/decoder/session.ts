// What a decoder is attacked with: datagrams of several exporters, one after the other, with what the decoder keeps between them.
import { parseAddress } from '@weir/record';
import { SiegeError } from '../errors.ts';

export interface Datagram {
  /** Who sends it: an index into PEERS. */
  readonly peer: number;
  /** Milliseconds after the one before; negative where the clock was set back. */
  readonly wait: number;
  readonly data: Uint8Array;
}

export interface Session {
  /** Whether everything that is kept has a cap that a few datagrams reach. */
  readonly tight: boolean;
  /** Whether another decoder reads the same datagrams in between, in the opposite order: none may notice the other. */
  readonly disturbed: boolean;
  readonly datagrams: readonly Datagram[];
}

/** Addresses of exporters: two of IPv4, two of IPv6. */
export const PEERS = ['192.0.2.1', '198.51.100.7', '2001:db8::1', '2001:db8:ffff::7'].map((text) => parseAddress(text));

/** Longest UDP payload over IPv4. */
export const MAX_DATAGRAM_BYTES = 65_507;
export const MAX_DATAGRAMS = 40;

/** One exporter sends these. */
export function sessionOf(datagrams: readonly Uint8Array[], peer = 0): Session {
  return { tight: false, disturbed: false, datagrams: datagrams.map((data) => ({ peer, wait: 1000, data })) };
}

export function sessionToJSON({ tight, disturbed, datagrams }: Session): unknown {
  return {
    tight,
    disturbed,
    datagrams: datagrams.map(({ peer, wait, data }) => ({ peer, wait, data: Buffer.from(data).toString('base64') })),
  };
}

export function sessionFromJSON(json: unknown): Session {
  const { tight = false, disturbed = false, datagrams } = (json ?? {}) as Record<string, unknown>;
  if (!Array.isArray(datagrams)) throw new SiegeError('bad_finding', 'the input has no list of datagrams');
  return {
    tight: tight === true,
    disturbed: disturbed === true,
    datagrams: datagrams.map(({ peer, wait, data }) => ({
      peer: Number(peer) % PEERS.length,
      wait: Number(wait),
      data: new Uint8Array(Buffer.from(String(data), 'base64')),
    })),
  };
}
