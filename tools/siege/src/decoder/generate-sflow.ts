// sFlow datagrams of all sample and record kinds.
import { parseAddress } from '@weir/record';
import {
  encodeSflowDatagram,
  headerRecord,
  interfaceCountersRecord,
  portNameRecord,
  type SflowRecord,
  type SflowSample,
} from '@weir/wire';
import { HEADER_PROTOCOL } from '@weir/wire/packet';
import type { Random } from '../random.ts';
import { generateFrame, networkPacket } from './generate-frame.ts';

const AGENTS = ['10.9.0.1', '10.9.0.2', '2001:db8:9::1'].map((text) => parseAddress(text));
const PROTOCOLS = Object.values(HEADER_PROTOCOL);

/** Words of a record after the header record, by format; addresses begin with their type. */
const RECORD_WORDS: Readonly<Record<number, number>> = { 2: 6, 3: 8, 4: 14, 1001: 4, 1020: 2, 1029: 1, 1030: 1 };

export function generateSflow(random: Random): Uint8Array {
  const samples = Array.from({ length: random.between(1, 6) }, () => generateSample(random));
  const agent = random.chance(0.8) ? AGENTS[0] : random.pick(AGENTS);
  const sequence = random.below(1000);
  return encodeSflowDatagram({ agent, subAgent: random.below(3), sequence, uptime: sequence * 1000 }, samples);
}

function generateSample(random: Random): SflowSample {
  const source = { class: random.below(3), index: random.below(0x1000000) };
  const sequence = random.below(100);
  const records = Array.from({ length: random.between(1, 4) }, () => flowRecord(random));
  switch (random.below(6)) {
    case 0:
      return { kind: 'counter', sequence, source, records: [counterRecord(random)] };
    case 1: {
      const drops = random.below(10);
      return { kind: 'discarded', sequence, source, drops, input: 1, output: 2, reason: random.below(300), records };
    }
    default:
      return {
        kind: 'flow',
        expanded: random.chance(0.3),
        sequence,
        source,
        samplingRate: random.pick([0, 1, 400, 0xffffffff, random.u32()]),
        samplePool: random.u32(),
        drops: random.pick([0, random.u32()]),
        input: random.chance(0.8) ? random.below(100) : { format: random.below(4), value: random.below(0x40000000) },
        output: random.chance(0.8) ? random.below(100) : { format: random.below(4), value: random.below(0x40000000) },
        records,
      };
  }
}

function flowRecord(random: Random): SflowRecord {
  if (random.chance(0.5)) {
    const protocol = random.chance(0.7) ? HEADER_PROTOCOL.ethernet : random.pick(PROTOCOLS);
    const frame = protocol === HEADER_PROTOCOL.ethernet ? generateFrame(random) : networkPacket(random, 3);
    const header = Uint8Array.from(frame).subarray(0, random.pick([64, 128, 256, 1024]));
    return headerRecord(header, random.pick([frame.length + 4, 64, 1518, random.u32()]), random.pick([0, 4]), protocol);
  }
  const format = random.pick([
    2, 3, 4, 1001, 1002, 1003, 1006, 1007, 1020, 1023, 1024, 1025, 1026, 1029, 1030, 1042, 1043,
  ]);
  const words = RECORD_WORDS[format];
  return { format, data: words === undefined ? typed(format, random) : random.bytes(words * 4) };
}

const u32 = (...values: readonly number[]) =>
  values.flatMap((value) => [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 0xff));

/** Records with a type or a count inside. */
function typed(format: number, random: Random): Uint8Array {
  const address = () => (random.chance(0.5) ? [...u32(1), ...random.bytes(4)] : [...u32(2), ...random.bytes(16)]);
  const list = () => {
    const count = random.below(5);
    return [...u32(count), ...random.bytes(count * 4)];
  };
  switch (format) {
    case 1002:
      return Uint8Array.from([...address(), ...u32(random.below(33), random.below(33))]);
    case 1003:
      // Next hop, three AS numbers, the AS path by segments, communities, preference.
      return Uint8Array.from([...address(), ...random.bytes(12), ...u32(1, 2), ...list(), ...list(), ...u32(100)]);
    case 1006:
      return Uint8Array.from([...address(), ...list(), ...list()]);
    case 1007:
      return Uint8Array.from([...address(), ...address()]);
    case 1042: {
      const text = [...Buffer.from('NETFILTER_DROP')];
      return Uint8Array.from([...u32(text.length), ...text, 0, 0]);
    }
    default:
      return random.bytes(4 * random.between(6, 16));
  }
}

function counterRecord(random: Random): SflowRecord {
  const ifIndex = random.below(50);
  if (random.chance(0.5)) return interfaceCountersRecord({ ifIndex, speed: 10_000_000_000 });
  return portNameRecord(random.pick(['eth0', '', 'Ethernet1/1', 'x'.repeat(random.below(600))]));
}
