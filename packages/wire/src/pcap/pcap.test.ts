import { formatAddress, parseAddress } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../errors.ts';
import { ethernet, extension, ipv4, ipv6, tag, tcp, u16, u32, udp } from '../testing/layers.ts';
import { newSkipped, readCapture, readDatagrams, type SkippedPackets, writeDatagrams, writePcap } from './index.ts';

type Bytes = readonly number[];
const TIME = Date.parse('2026-05-01T12:00:00.250Z');
const SECONDS = Math.floor(TIME / 1000);

/** Numbers of a capture file in either byte order. */
const order = (little: boolean) => {
  const turn = (bytes: number[]) => (little ? bytes.reverse() : bytes);
  return { h: (value: number) => turn(u16(value)), w: (value: number) => turn(u32(value)) };
};

function pcap(packet: Bytes, { little = true, nano = false, linkType = 1 } = {}): Uint8Array {
  const { h, w } = order(little);
  const magic = nano ? 0xa1b23c4d : 0xa1b2c3d4;
  const fraction = nano ? 250_000_000 : 250_000;
  return Uint8Array.from([
    ...[w(magic), h(2), h(4), w(0), w(0), w(65_535), w(linkType)].flat(),
    ...[w(SECONDS), w(fraction), w(packet.length), w(packet.length)].flat(),
    ...packet,
  ]);
}

/** A pcapng block around `body`. */
function block(type: number, body: Bytes, little: boolean): number[] {
  const { w } = order(little);
  const padded = [...body, ...new Array((4 - (body.length % 4)) % 4).fill(0)];
  return [...w(type), ...w(padded.length + 12), ...padded, ...w(padded.length + 12)];
}

function section(little: boolean): number[] {
  const { h, w } = order(little);
  return block(0x0a0d0d0a, [...w(0x1a2b3c4d), ...h(1), ...h(0), ...w(0xffffffff), ...w(0xffffffff)], little);
}

function interfaceBlock(linkType: number, little: boolean, options: Bytes = []): number[] {
  const { h, w } = order(little);
  return block(1, [...h(linkType), ...h(0), ...w(65_535), ...options], little);
}

/** `time` in units of the interface. */
function packetBlock(index: number, time: number, packet: Bytes, little: boolean): number[] {
  const { w } = order(little);
  const length = w(packet.length);
  return block(
    6,
    [...w(index), ...w(Math.floor(time / 2 ** 32)), ...w(time >>> 0), ...length, ...length, ...packet],
    little,
  );
}

interface Read {
  readonly datagrams: readonly string[];
  readonly skipped: SkippedPackets;
}

/** Datagrams as text: time, ends and payload. */
async function read(file: Uint8Array | Iterable<Uint8Array>): Promise<Read> {
  const skipped = newSkipped();
  const datagrams: string[] = [];
  for await (const { src, dst, srcPort, dstPort, time, payload } of readDatagrams(file, skipped)) {
    const at = time === 0 ? '-' : new Date(time).toISOString();
    datagrams.push(`${at} ${formatAddress(src)} ${srcPort} ${formatAddress(dst)} ${dstPort} ${Buffer.from(payload)}`);
  }
  return { datagrams, skipped };
}

const hello = udp(1111, 2055, [...Buffer.from('hello')]);
const packet = ipv4(17, hello);
const text = '10.0.0.1 1111 10.0.0.2 2055 hello';
const wanted = `2026-05-01T12:00:00.250Z ${text}`;

describe('a pcap file', () => {
  it.each([
    [true, false],
    [false, false],
    [true, true],
    [false, true],
  ])('is read (little-endian %s, nanoseconds %s)', async (little, nano) => {
    const { datagrams, skipped } = await read(pcap(ethernet(0x0800, packet), { little, nano }));
    expect(datagrams).toEqual([wanted]);
    expect(skipped).toEqual(newSkipped());
  });

  it.each<[string, number, Bytes]>([
    ['Ethernet with two tags', 1, ethernet(0x88a8, tag(5, 0x8100, tag(6, 0x0800, packet)))],
    ['null', 0, [2, 0, 0, 0, ...packet]],
    ['loop', 108, [0, 0, 0, 2, ...packet]],
    ['raw IP', 101, packet],
    ['raw IPv4', 228, packet],
    ['Linux cooked', 113, [...u16(0), ...u16(1), ...u16(6), 0, 0, 0, 0, 0, 0, 0, 0, ...u16(0x0800), ...packet]],
    [
      'Linux cooked v2',
      276,
      [...u16(0x0800), ...u16(0), ...u32(1), ...u16(1), 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, ...packet],
    ],
  ])('is read over link type %s', async (_, linkType, frame) => {
    expect((await read(pcap(frame, { linkType }))).datagrams).toEqual([wanted]);
  });

  it('has IPv6 datagrams, behind extension headers too', async () => {
    for (const six of [ipv6(17, hello), ipv6(0, extension(60, extension(17, hello)))]) {
      const { datagrams } = await read(pcap(ethernet(0x86dd, six)));
      expect(datagrams).toEqual(['2026-05-01T12:00:00.250Z 2001:db8::1 1111 2001:db8::2 2055 hello']);
    }
  });

  it('says what it passed over', async () => {
    const count = async (file: Uint8Array) => (await read(file)).skipped;
    expect(await count(pcap(ethernet(0x0800, ipv4(6, tcp(1, 2, 2)))))).toMatchObject({ notUdp: 1 });
    expect(await count(pcap(ethernet(0x0806, [1, 2, 3])))).toMatchObject({ notUdp: 1 });
    expect(await count(pcap(packet.slice(0, 30), { linkType: 101 }))).toMatchObject({ cut: 1 });
    expect(await count(pcap(packet, { linkType: 147 }))).toMatchObject({ linkType: 1 });
  });
});

describe('fragments', () => {
  const whole = udp(1111, 2055, [...Buffer.from('a datagram in parts')]);
  const part = (from: number, to: number, more: boolean, id = 9) =>
    ipv4(17, whole.slice(from, to), 1, 2, { id, fragment: (more ? 0x2000 : 0) | (from / 8) });
  const file = (...parts: Bytes[]) =>
    writePcap(
      parts.map((data) => ({ time: TIME, data: Uint8Array.from(data) })),
      101,
    );

  it('are put together in any order', async () => {
    const { datagrams, skipped } = await read(file(part(16, 27, false), part(0, 8, true), part(8, 16, true)));
    expect(datagrams).toEqual(['2026-05-01T12:00:00.250Z 10.0.0.1 1111 10.0.0.2 2055 a datagram in parts']);
    expect(skipped.fragments).toBe(0);
  });

  it('of IPv6 are put together', async () => {
    const fragment = (from: number, to: number, more: number) =>
      ipv6(44, [17, 0, ...u16(from | more), ...u32(77), ...whole.slice(from, to)]);
    const { datagrams } = await read(file(fragment(0, 16, 1), fragment(16, 27, 0)));
    expect(datagrams).toEqual(['2026-05-01T12:00:00.250Z 2001:db8::1 1111 2001:db8::2 2055 a datagram in parts']);
  });

  it('that overlap or never become whole are counted', async () => {
    expect((await read(file(part(0, 16, true), part(8, 27, false)))).skipped.fragments).toBe(2);
    expect((await read(file(part(0, 16, true), part(16, 27, false, 10)))).skipped.fragments).toBe(2);
  });
});

describe('a pcapng file', () => {
  const nanoseconds = (little: boolean) => [...order(little).h(9), ...order(little).h(1), 9, 0, 0, 0];

  it.each([true, false])('is read with its interfaces and their clocks (little-endian %s)', async (little) => {
    const file = Uint8Array.from([
      ...section(little),
      ...interfaceBlock(1, little),
      ...interfaceBlock(101, little, nanoseconds(little)),
      ...packetBlock(1, SECONDS * 1e9 + 250e6, packet, little),
      // An interface statistics block: passed over.
      ...block(5, new Array(12).fill(0), little),
      ...packetBlock(0, TIME * 1000, ethernet(0x0800, packet), little),
    ]);
    expect((await read(file)).datagrams).toEqual([wanted, wanted]);
  });

  it('may have sections of different byte order, each with its interfaces', async () => {
    const part = (little: boolean, linkType: number, frame: Bytes) => [
      ...section(little),
      ...interfaceBlock(linkType, little),
      ...packetBlock(0, TIME * 1000, frame, little),
    ];
    const file = Uint8Array.from([...part(true, 1, ethernet(0x0800, packet)), ...part(false, 101, packet)]);
    expect((await read(file)).datagrams).toEqual([wanted, wanted]);
  });

  it('has no time where the number given is none', async () => {
    const seconds = [...order(true).h(9), ...order(true).h(1), 0, 0, 0, 0];
    const file = Uint8Array.from([
      ...section(true),
      ...interfaceBlock(101, true, seconds),
      ...packetBlock(0, 2 ** 60, packet, true),
    ]);
    expect((await read(file)).datagrams).toEqual([`- ${text}`]);
  });

  it('has packets without a time in simple blocks', async () => {
    const body = [...order(true).w(packet.length), ...packet];
    const file = Uint8Array.from([...section(true), ...interfaceBlock(101, true), ...block(3, body, true)]);
    expect((await read(file)).datagrams).toEqual([`- ${text}`]);
  });
});

describe('a file that breaks its format', () => {
  const fault = async (file: Uint8Array) => {
    const error: unknown = await read(file).then(
      () => 'read',
      (reason: unknown) => reason,
    );
    return error instanceof WireError ? `${error.code}: ${error.message}` : error;
  };
  const good = pcap(ethernet(0x0800, packet));
  const ng = (...blocks: number[][]) => Uint8Array.from([...section(true), ...blocks.flat()]);

  it('is refused with the place where it broke', async () => {
    expect(await fault(Uint8Array.from([1, 2]))).toBe('bad_capture: the capture is shorter than four bytes');
    expect(await fault(new Uint8Array(40))).toBe('bad_capture: neither pcap nor pcapng: it begins with 00000000');
    expect(await fault(good.subarray(0, good.length - 1))).toBe('bad_capture: a packet is cut, at offset 24');
    expect(await fault(good.subarray(0, 30))).toBe('bad_capture: a packet header is cut, at offset 24');
    const { w } = order(true);
    expect(await fault(ng([...w(6), ...w(13), 0, 0, 0, 0]))).toBe('bad_capture: a block of 13 bytes, at offset 28');
    expect(await fault(ng(packetBlock(0, 0, packet, true)))).toBe(
      'bad_capture: a packet of an unknown interface, at offset 28',
    );
  });

  it('is read up to there', async () => {
    const twice = [...good, ...good.subarray(24, 40)];
    const seen: number[] = [];
    await expect(async () => {
      for await (const { data } of readCapture(Uint8Array.from(twice))) seen.push(data.length);
    }).rejects.toThrow(WireError);
    expect(seen).toEqual([47]);
  });
});

describe('any file', () => {
  const valid = [
    pcap(ethernet(0x0800, packet)),
    Uint8Array.from([
      ...section(true),
      ...interfaceBlock(1, true),
      ...packetBlock(0, 1, ethernet(0x0800, packet), true),
    ]),
  ];

  it('is read or refused, and the same whole or in pieces', async () => {
    const outcome = (file: Uint8Array | Iterable<Uint8Array>) =>
      read(file).catch((error: unknown) => {
        if (error instanceof WireError) return error.message;
        throw error;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...valid),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        async (base, damage, size) => {
          const file = base.slice();
          for (const [at, value] of damage) file[at % file.length] = value;
          const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, i) =>
            file.subarray(i * size, (i + 1) * size),
          );
          expect(await outcome(pieces)).toEqual(await outcome(file));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('written datagrams', () => {
  it('are read back', async () => {
    const datagrams = [
      ['10.0.0.1', '10.0.0.2'],
      ['2001:db8::1', '2001:db8::2'],
    ].map(([src, dst]) => ({
      src: parseAddress(src),
      dst: parseAddress(dst),
      srcPort: 50_000,
      dstPort: 6343,
      time: TIME,
      payload: Uint8Array.of(1, 2, 3),
    }));
    const back: unknown[] = [];
    for await (const datagram of readDatagrams(writeDatagrams(datagrams))) back.push(datagram);
    expect(back).toEqual(datagrams);
  });
});
