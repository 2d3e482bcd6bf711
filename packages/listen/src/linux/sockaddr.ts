// struct sockaddr_in and sockaddr_in6: family (host order), port (network order), then the address in network order.

import { AF_INET, AF_INET6 } from '@weir/libc';
import { formatAddress, isIPv4, parseAddress } from '@weir/record';

/** Room for either. */
export const SOCKADDR_BYTES = 28;

/** The sockaddr of an address in text; IPv4 in text gives sockaddr_in. */
export function sockaddr(address: string, family: 4 | 6, port: number): Uint8Array<ArrayBuffer> {
  // `::` parses to all zeros, which is what a sockaddr wants.
  const words = parseAddress(address);
  const bytes = new Uint8Array(family === 4 ? 16 : SOCKADDR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  const text = new Uint8Array(words.buffer);
  if (family === 4 && isIPv4(words, 0)) bytes.set(text.subarray(12), 4);
  else bytes.set(text, 8);
  return bytes;
}

/** The port of a sockaddr of either family. */
export function sockaddrPort(bytes: Uint8Array): number {
  return (bytes[2] << 8) | bytes[3];
}

/** The address of a sockaddr of either family as text. */
export function sockaddrHost(bytes: Uint8Array): string {
  const words = new Uint32Array(4);
  const address = new Uint8Array(words.buffer);
  if (bytes[0] === AF_INET6) address.set(bytes.subarray(8, 24));
  else {
    address.fill(0xff, 10, 12);
    address.set(bytes.subarray(4, 8), 12);
  }
  // To others `::` is no address.
  return formatAddress(words) || '::';
}
