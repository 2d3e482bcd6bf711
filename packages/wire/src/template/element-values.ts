// Values of elements that no column holds, for people who want to see them. Not for the hot path.
import { formatAddress, formatMac } from '@weir/record';
import { type ElementType, findElement } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import type { Run } from './run.ts';
import { elementName } from './unstored.ts';

export type ElementValue = string | number | boolean;

/** An element of a record, by the registry's name or its number. Numbers above 2^53 are decimal text, bytes hexadecimal text. */
export interface NamedElement {
  readonly name: string;
  readonly value: ElementValue;
}

/** The values in the slots of the record at `record`. */
export function readElements(run: Run, slots: readonly Slot[], record: number): NamedElement[] {
  return slots.map((slot) => {
    const [enterprise, id] = typeof slot.key === 'number' ? [0, slot.key] : slot.key.split('/').map(Number);
    const at = record + slot.offset;
    const data = slot.variable ? run.message : run.data;
    const from = slot.variable ? run.view.getUint32(at) : at;
    const length = slot.variable ? run.view.getUint32(at + 4) : slot.length;
    const bytes = data.subarray(from, from + length);
    return { name: elementName({ enterprise, id }), value: readValue(bytes, findElement(enterprise, id)?.type) };
  });
}

const decoder = new TextDecoder('utf-8');

function readValue(bytes: Uint8Array, type: ElementType | undefined): ElementValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'string':
      return decoder.decode(bytes).replace(/\0+$/, '');
    case 'boolean':
      // RFC 7011 section 6.1.5: 1 is true, 2 is false.
      return bytes.length === 1 && bytes[0] === 1 ? true : bytes.length === 1 && bytes[0] === 2 ? false : hex(bytes);
    case 'float64':
      if (bytes.length === 8) return view.getFloat64(0);
      return bytes.length === 4 ? view.getFloat32(0) : hex(bytes);
    case 'ipv4Address':
    case 'ipv6Address':
      return addressText(bytes) ?? hex(bytes);
    case 'macAddress':
      return bytes.length === 6 ? formatMac(view.getUint32(2), view.getUint16(0)) : hex(bytes);
    case 'signed32':
      return bytes.length > 0 && bytes.length <= 8
        ? number(BigInt.asIntN(bytes.length * 8, unsigned(bytes)))
        : hex(bytes);
    case 'dateTimeSeconds':
      return bytes.length === 4 ? new Date(view.getUint32(0) * 1000).toISOString() : hex(bytes);
    case 'dateTimeMilliseconds':
      return (bytes.length === 8 && time(Number(unsigned(bytes)))) || hex(bytes);
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
    case 'unsigned64':
      return bytes.length <= 8 ? number(unsigned(bytes)) : hex(bytes);
    default:
      return hex(bytes);
  }
}

function addressText(bytes: Uint8Array): string | undefined {
  const words = new Uint32Array(4);
  const octets = new Uint8Array(words.buffer);
  if (bytes.length === 16) octets.set(bytes);
  else if (bytes.length === 4) octets.set([0xff, 0xff, ...bytes], 10);
  else return undefined;
  return formatAddress(words) || '::';
}

/** Undefined for what no calendar has. */
function time(ms: number): string | undefined {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function unsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function number(value: bigint): number | string {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
