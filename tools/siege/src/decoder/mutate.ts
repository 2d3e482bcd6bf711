// Changes of a session: its datagrams, their order, who sends them and when.
import type { Random } from '../random.ts';
import { mutateBytes, putNumber } from './mutate-bytes.ts';
import { isTemplateProtocol, mutateSets } from './mutate-sets.ts';
import { isSflow, mutateSflow } from './mutate-sflow.ts';
import { type Datagram, MAX_DATAGRAM_BYTES, MAX_DATAGRAMS, PEERS, type Session } from './session.ts';

/** Bytes of a session: more are cut, so that one input does not take the time of hundreds. */
const MAX_SESSION_BYTES = 300_000;
/** Pauses between datagrams: timeouts of minutes and days pass, and clocks are set back. */
const WAITS = [0, 1, 1000, 60_000, 600_000, 1_800_000, 86_400_000, -1000, -86_400_000];

/** `session` changed a few times, perhaps with datagrams of `other`. */
export function mutateSession(session: Session, other: Session, random: Random): Session {
  let { tight, disturbed } = session;
  let datagrams = [...session.datagrams];
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    if (datagrams.length === 0) datagrams.push(...other.datagrams);
    if (datagrams.length === 0) break;
    const at = random.below(datagrams.length);
    if (random.chance(0.7)) datagrams[at] = mutateDatagram(datagrams[at], pickData(datagrams, other, random), random);
    else datagrams = reorder(datagrams, at, other, random);
    if (random.chance(0.05)) tight = !tight;
    if (random.chance(0.05)) disturbed = !disturbed;
  }
  return { tight, disturbed, datagrams: within(datagrams) };
}

function pickData(datagrams: readonly Datagram[], other: Session, random: Random): Uint8Array {
  const from = random.chance(0.5) && other.datagrams.length > 0 ? other.datagrams : datagrams;
  return random.pick(from).data;
}

function mutateDatagram(datagram: Datagram, other: Uint8Array, random: Random): Datagram {
  const { data } = datagram;
  if (random.chance(0.05)) return { ...datagram, peer: random.below(PEERS.length) };
  if (random.chance(0.05)) return { ...datagram, wait: random.pick(WAITS) };
  return { ...datagram, data: mutateData(data, other, random) };
}

function mutateData(data: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.6)) {
    if (isTemplateProtocol(data)) return mutateSets(data, other, random);
    if (isSflow(data)) return mutateSflow(data, other, random);
    // NetFlow v5: the number of records.
    if (data[0] === 0 && data[1] === 5) return putNumber(data.slice(), 2, 2, random.below(1400));
  }
  return mutateBytes(data, other, MAX_DATAGRAM_BYTES, random);
}

function reorder(datagrams: Datagram[], at: number, other: Session, random: Random): Datagram[] {
  const out = [...datagrams];
  const one = out[at];
  switch (random.below(6)) {
    case 0:
      out.splice(at, 1);
      return out;
    case 1:
      out.splice(random.below(out.length + 1), 0, one);
      return out;
    case 2:
      out.splice(at, 1);
      out.splice(random.below(out.length + 1), 0, one);
      return out;
    case 3:
      // What follows goes on as another session does.
      return [...out.slice(0, at + 1), ...other.datagrams.slice(random.below(other.datagrams.length + 1))];
    case 4:
      return interleave(out, other.datagrams, random);
    default: {
      // Everything once more, from another exporter.
      const peer = random.below(PEERS.length);
      return [...out, ...out.map((datagram) => ({ ...datagram, peer }))];
    }
  }
}

/** Two exporters at once. */
function interleave(one: readonly Datagram[], other: readonly Datagram[], random: Random): Datagram[] {
  const peer = random.below(PEERS.length);
  const out: Datagram[] = [];
  for (let a = 0, b = 0; a < one.length || b < other.length; ) {
    if (b >= other.length || (a < one.length && random.chance(0.5))) out.push(one[a++]);
    else out.push({ ...other[b++], peer });
  }
  return out;
}

function within(datagrams: readonly Datagram[]): Datagram[] {
  const out: Datagram[] = [];
  let bytes = 0;
  for (const datagram of datagrams.slice(0, MAX_DATAGRAMS)) {
    bytes += datagram.data.length;
    if (bytes > MAX_SESSION_BYTES) break;
    out.push(datagram);
  }
  return out;
}
