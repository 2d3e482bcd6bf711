// Changes of NetFlow v9 and IPFIX messages along their structure: sets, template records, field specifiers.
//
//     message = header, sets        set = id (2), length (2), body        template set: id 0 and 1 (v9), 2 and 3 (IPFIX)
import type { Random } from '../random.ts';
import { join, mutateBytes, putNumber, tellingNumber } from './mutate-bytes.ts';
import { MAX_DATAGRAM_BYTES } from './session.ts';

interface SetPart {
  readonly id: number;
  readonly body: Uint8Array;
}

interface Parts {
  readonly header: Uint8Array;
  readonly sets: SetPart[];
  /** What is no set any more. */
  readonly tail: Uint8Array;
}

const IPFIX = 10;
const HEADER_BYTES: Readonly<Record<number, number>> = { 9: 20, [IPFIX]: 16 };
/** Sets of a message that is not made longer. */
const MANY = 1000;
/** Template ids that messages made here use: few, so that data meets templates and templates meet each other. */
export const TEMPLATE_IDS = [256, 257, 258, 259];

export function isTemplateProtocol(data: Uint8Array): boolean {
  return data.length >= 2 && data[0] === 0 && HEADER_BYTES[data[1]] !== undefined;
}

/** One change of a message; `other` is any datagram, whose sets may come over. */
export function mutateSets(data: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const parts = split(data);
  const { sets } = parts;
  if (sets.length === 0) return mutateBytes(data, other, MAX_DATAGRAM_BYTES, random);
  const at = random.below(sets.length);
  const set = sets[at];
  switch (random.below(12)) {
    case 0:
      sets[at] = { ...set, id: random.pick([0, 1, 2, 3, 4, 255, ...TEMPLATE_IDS, tellingNumber(random)]) };
      break;
    case 1:
      sets.splice(at, 1);
      break;
    case 2:
      sets.splice(random.below(sets.length + 1), 0, set);
      break;
    case 3:
      [sets[at], sets[0]] = [sets[0], set];
      break;
    case 4:
      if (isTemplateProtocol(other)) sets.splice(at, 0, ...split(other).sets);
      break;
    case 5:
      sets[at] = { ...set, body: mutateBytes(set.body, other, MAX_DATAGRAM_BYTES, random) };
      break;
    case 6:
      // More records than there were, or a part of one.
      sets[at] = {
        ...set,
        body: join(MAX_DATAGRAM_BYTES, set.body, set.body.subarray(0, random.below(set.body.length + 1))),
      };
      break;
    case 7:
      // The last record is not whole: its end is that of the set, mostly that of the datagram.
      sets[at] = { ...set, body: set.body.slice(0, Math.max(0, set.body.length - random.between(1, 24))) };
      if (random.chance(0.5)) sets.length = at + 1;
      break;
    case 8:
      // Mostly a few more, now and then as many as a datagram has room for.
      if (sets.length < MANY) {
        const most = Math.floor(MAX_DATAGRAM_BYTES / (set.body.length + 4));
        sets.push(...new Array<SetPart>(random.chance(0.2) ? most : random.between(1, 4)).fill(set));
      }
      break;
    case 9:
      return lieAboutLength(assemble(parts, true), parts, at, random);
    default:
      if (set.id < 4) sets[at] = { ...set, body: mutateTemplates(set.body, data[1] === IPFIX, random) };
      // Data whose template changes in between.
      else if (random.chance(0.5)) sets.push(set);
  }
  return assemble(parts, random.chance(0.9));
}

function split(data: Uint8Array): Parts {
  const headerBytes = HEADER_BYTES[data[1]];
  const sets: SetPart[] = [];
  let at = headerBytes;
  while (data.length - at >= 4) {
    const length = (data[at + 2] << 8) | data[at + 3];
    if (length < 4 || at + length > data.length) break;
    sets.push({ id: (data[at] << 8) | data[at + 1], body: data.slice(at + 4, at + length) });
    at += length;
  }
  return { header: data.slice(0, headerBytes), sets, tail: data.slice(Math.min(at, data.length)) };
}

/** `right`: the header's length or count is set to what it should be. */
function assemble({ header, sets, tail }: Parts, right: boolean): Uint8Array {
  const bodies = sets.flatMap(({ id, body }) => {
    const head = new Uint8Array(4);
    putNumber(head, 0, 2, id);
    putNumber(head, 2, 2, (body.length + 4) % 0x10000);
    return [head, body];
  });
  const out = join(MAX_DATAGRAM_BYTES, header, ...bodies, tail);
  if (right && out.length >= 4) putNumber(out, 2, 2, header[1] === IPFIX ? out.length : sets.length);
  return out;
}

/** The length of one set, or of the message, says a little more or less than there is, or anything. */
function lieAboutLength(out: Uint8Array, { header, sets }: Parts, index: number, random: Random): Uint8Array {
  const before = sets.slice(0, index).reduce((sum, { body }) => sum + body.length + 4, header.length);
  const at = random.chance(0.3) ? 2 : before + 2;
  if (at + 2 > out.length) return out;
  const said = (out[at] << 8) | out[at + 1];
  const value = random.chance(0.7) ? Math.max(0, said + random.between(-6, 6)) : tellingNumber(random);
  return putNumber(out, at, 2, value % 0x10000);
}

/** Field specifiers of a template set: another element, length, enterprise, id or count. */
function mutateTemplates(body: Uint8Array, ipfix: boolean, random: Random): Uint8Array {
  const out = body.slice();
  if (out.length < 8) return out;
  switch (random.below(6)) {
    case 0:
      return putNumber(out, 0, 2, random.pick(TEMPLATE_IDS));
    case 1:
      return putNumber(
        out,
        2,
        2,
        random.chance(0.5) ? out[3] + random.between(-1, 1) : tellingNumber(random) % 0x10000,
      );
    default: {
      // Specifiers stand every four bytes, unless an enterprise number lies between: then this hits that, which is as good.
      const at = 4 + 4 * random.below(Math.floor((out.length - 4) / 4));
      if (random.chance(0.5)) {
        const element = random.chance(0.8) ? random.between(1, 480) : random.below(0x8000);
        return putNumber(out, at, 2, ipfix && random.chance(0.1) ? element | 0x8000 : element);
      }
      const length = random.pick([0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 255, 0xfffe, 0xffff, random.below(600)]);
      return putNumber(out, at + 2, 2, length);
    }
  }
}
