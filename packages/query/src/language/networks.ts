// The first and last address of a network, as text that ClickHouse's IPv6 type reads.
import { formatAddress, parseNetwork } from '@weir/record';

/** First and last address of a network in CIDR form, inclusive. */
export function addressRange(network: string): { readonly first: string; readonly last: string } {
  const { address, prefix } = parseNetwork(network);
  const bytes = new Uint8Array(address.buffer.slice(0));
  for (let byte = 0; byte < 16; byte++) {
    const hostBits = Math.min(8, Math.max(0, (byte + 1) * 8 - prefix));
    bytes[byte] |= 2 ** hostBits - 1;
  }
  const last = new Uint32Array(bytes.buffer);
  return { first: formatAddress(address) || '::', last: formatAddress(last) };
}
