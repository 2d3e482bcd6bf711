// Addresses: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. In columns an address is four little-endian words over those
// bytes, so a word of an IPv4 address is what a little-endian load of its four network-order bytes gives.
import { RecordError } from './errors.ts';

/** Third word of every IPv4-mapped address: bytes 00 00 ff ff. */
export const IPV4_MAPPED_WORD = 0xffff0000;

/** Whether the address at word `at` of a column is IPv4. */
export function isIPv4(words: Uint32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === IPV4_MAPPED_WORD;
}

/** Whether the address at word `at` is absent (all zero). */
export function isAbsent(words: Uint32Array, at: number): boolean {
  return (words[at] | words[at + 1] | words[at + 2] | words[at + 3]) === 0;
}

/** Text of the address at word `at`: dotted for IPv4, RFC 5952 for IPv6, empty when absent. */
export function formatAddress(words: Uint32Array, at = 0): string {
  if (isIPv4(words, at)) return formatIPv4(words[at + 3]);
  if (isAbsent(words, at)) return '';
  const groups: number[] = [];
  for (let w = 0; w < 4; w++) {
    const word = words[at + w];
    groups.push(((word & 0xff) << 8) | ((word >>> 8) & 0xff), ((word >>> 8) & 0xff00) | (word >>> 24));
  }
  return formatGroups(groups);
}

/** Text of an IPv4 address held as the little-endian word of its bytes. */
export function formatIPv4(word: number): string {
  return `${word & 0xff}.${(word >>> 8) & 0xff}.${(word >>> 16) & 0xff}.${word >>> 24}`;
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function formatGroups(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    if (end > start) start = end;
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function parseIPv4Bytes(text: string): number[] | undefined {
  const match = IPV4.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(16);
  const v4 = parseIPv4Bytes(text);
  if (v4 !== undefined) {
    bytes.set([0xff, 0xff, ...v4], 10);
    return bytes;
  }
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return undefined;
  const parse = (half: string): number[] | undefined => {
    if (half === '') return [];
    const out: number[] = [];
    const parts = half.split(':');
    for (const [index, part] of parts.entries()) {
      const tail = index === parts.length - 1 ? parseIPv4Bytes(part) : undefined;
      if (tail !== undefined) out.push(...tail);
      else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
        const group = Number.parseInt(part, 16);
        out.push(group >> 8, group & 0xff);
      } else return undefined;
    }
    return out;
  };
  const head = parse(halves[0]);
  const tail = halves.length === 2 ? parse(halves[1]) : [];
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 2 ? length > 14 : length !== 16) return undefined;
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Four words of an address in text. Throws RecordError `bad_address`. */
export function parseAddress(text: string): Uint32Array<ArrayBuffer> {
  const words = tryParseAddress(text);
  if (words === undefined) throw new RecordError('bad_address', `"${text}" is not an IPv4 or IPv6 address`);
  return words;
}

/** Like `parseAddress`, undefined for what is no address. */
export function tryParseAddress(text: string): Uint32Array<ArrayBuffer> | undefined {
  const bytes = parseBytes(text);
  return bytes === undefined ? undefined : new Uint32Array(bytes.buffer);
}

export interface Network {
  /** Four words, host bits zero. */
  readonly address: Uint32Array<ArrayBuffer>;
  /** Prefix length within the 128-bit form: an IPv4 /24 is 120. */
  readonly prefix: number;
  /** As a person writes it. */
  readonly text: string;
}

/** A network in CIDR form, or a single address. Throws RecordError `bad_network`. */
export function parseNetwork(text: string): Network {
  const [addressText, prefixText, ...rest] = text.split('/');
  const address = tryParseAddress(addressText);
  const v4 = address !== undefined && IPV4.test(addressText);
  const width = v4 ? 32 : 128;
  const length = prefixText === undefined ? width : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (address === undefined || rest.length > 0 || !(length >= 0 && length <= width)) {
    throw new RecordError('bad_network', `"${text}" is not a network such as 10.128.0.0/14 or 2001:db8::/32`);
  }
  const prefix = v4 ? length + 96 : length;
  const bytes = new Uint8Array(address.buffer);
  for (let byte = 0; byte < 16; byte++) {
    const bits = Math.min(8, Math.max(0, prefix - byte * 8));
    bytes[byte] &= (0xff00 >> bits) & 0xff;
  }
  return { address, prefix, text: `${formatAddress(address) || '::'}/${length}` };
}

/** Whether the address at word `at` lies in the network. */
export function inNetwork(network: Network, words: Uint32Array, at = 0): boolean {
  let left = network.prefix;
  for (let w = 0; w < 4 && left > 0; w++, left -= 32) {
    const difference = words[at + w] ^ network.address[w];
    if (difference === 0) continue;
    if (left >= 32) return false;
    // Words are little-endian over network-order bytes: compare as the big-endian number.
    const swapped =
      ((difference & 0xff) << 24) | ((difference & 0xff00) << 8) | ((difference >>> 8) & 0xff00) | (difference >>> 24);
    if (swapped >>> (32 - left) !== 0) return false;
  }
  return true;
}

/** `aa:bb:cc:dd:ee:ff` of a MAC held as a 48-bit number in two words (low, high). */
export function formatMac(low: number, high: number): string {
  const hex = (high & 0xffff).toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0');
  return hex.replace(/(..)(?=.)/g, '$1:');
}
