// Changes of bytes whose meaning is not known.
import type { Random } from '../random.ts';

/** Numbers at which things change: bounds of types, of signs, of what is common in these protocols. */
const TELLING = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 24, 28, 32, 48, 63, 64, 127, 128, 255, 256, 257, 511, 512, 1023, 1024],
  ...[4095, 4096, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff],
];

/** One change, of a copy. At most `limit` bytes come out. */
export function mutateBytes(data: Uint8Array, other: Uint8Array, limit: number, random: Random): Uint8Array {
  if (data.length === 0) return random.bytes(random.between(1, 40));
  const out = data.slice();
  const at = random.below(out.length);
  const end = random.between(at, Math.min(out.length, at + 64));
  switch (random.below(11)) {
    case 0:
      out[at] ^= 1 << random.below(8);
      return out;
    case 1:
      out[at] = random.pick(TELLING);
      return out;
    case 2:
      return putNumber(out, at, 2, random.pick(TELLING));
    case 3:
      return putNumber(out, at, 4, random.pick(TELLING));
    case 4:
      return addToNumber(out, at, random.pick([1, 2, 4]), random.between(-4, 4));
    case 5:
      return out.subarray(0, at);
    case 6:
      return join(limit, out, random.bytes(random.between(1, 64)));
    case 7:
      // A part is left out.
      return join(limit, out.subarray(0, at), out.subarray(end));
    case 8:
      return repeat(out, at, end, limit, random);
    case 9: {
      // A part of the other goes in.
      const from = random.below(other.length + 1);
      const part = other.subarray(from, from + random.between(1, 256));
      return join(limit, out.subarray(0, at), part, out.subarray(random.chance(0.5) ? at : end));
    }
    default:
      out.fill(random.pick([0, 0xff, random.below(256)]), at, end);
      return out;
  }
}

/** A big-endian number at `at`, as far as there is room. */
export function putNumber(out: Uint8Array, at: number, bytes: number, value: number): Uint8Array {
  for (let i = 0; i < bytes && at + i < out.length; i++) out[at + i] = Math.floor(value / 256 ** (bytes - 1 - i)) % 256;
  return out;
}

function addToNumber(out: Uint8Array, at: number, bytes: number, by: number): Uint8Array {
  if (at + bytes > out.length) return out;
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + out[at + i];
  return putNumber(out, at, bytes, (value + by + 256 ** bytes) % 256 ** bytes);
}

/** A part again and again: mostly a few times, now and then as often as it fits. */
function repeat(out: Uint8Array, at: number, end: number, limit: number, random: Random): Uint8Array {
  const part = out.subarray(at, Math.max(end, at + 1));
  const most = Math.floor((limit - out.length) / part.length);
  const times = Math.min(most, random.chance(0.1) ? most : random.between(1, 16));
  const again = new Uint8Array(Math.max(0, times) * part.length);
  for (let to = 0; to < again.length; to += part.length) again.set(part, to);
  return join(limit, out.subarray(0, at), again, out.subarray(at));
}

/** The parts end to end, cut at `limit`. */
export function join(limit: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(
    Math.min(
      limit,
      parts.reduce((sum, { length }) => sum + length, 0),
    ),
  );
  let at = 0;
  for (const part of parts) {
    const fitting = part.subarray(0, out.length - at);
    out.set(fitting, at);
    at += fitting.length;
  }
  return out;
}

/** A number at which something may change. */
export function tellingNumber(random: Random): number {
  return random.pick(TELLING);
}
