// Reading capture files as a target: what comes out of a file may not depend on how it is cut into chunks or on what lies around it.
import { formatAddress } from '@weir/record';
import { WireError } from '@weir/wire';
import { newSkipped, readDatagrams, writeDatagrams } from '@weir/wire/pcap';
import { seedSessions } from '../decoder/seeds.ts';
import { PEERS } from '../decoder/session.ts';
import { SiegeError } from '../errors.ts';
import type { Failure, Target, Verdict } from '../fuzz/target.ts';
import { Random } from '../random.ts';
import { generateCapture } from './generate.ts';
import { MAX_FILE_BYTES, mutateCapture } from './mutate.ts';

/** Of the grammar; the fuzzer makes more. */
const GENERATED = 40;
const POISON_BYTES = 300;

export function makeTarget(): Target<Uint8Array> {
  return {
    sources: ['/packages/wire/src/pcap/', '/packages/record/src/'],
    // Several times what any of millions of inputs took (docs/reliability.md).
    steps: { input: 20_000, message: 0, byte: 8 },
    seeds,
    generate: generateCapture,
    mutate: mutateCapture,
    run: runFile,
    shrink,
    toJSON: (file) => Buffer.from(file).toString('base64'),
    fromJSON,
  };
}

function seeds(): Uint8Array[] {
  const random = new Random(2);
  const generated = Array.from({ length: GENERATED }, () => generateCapture(random));
  const recorded = seedSessions()
    .slice(-20)
    .map(({ datagrams }) =>
      writeDatagrams(
        datagrams.map(({ peer, data }) => ({
          src: PEERS[peer],
          dst: PEERS[0],
          srcPort: 1,
          dstPort: 2055,
          time: 1e12,
          payload: data.slice(),
        })),
      ),
    );
  return [...generated, ...recorded.filter(({ length }) => length < MAX_FILE_BYTES)];
}

function fromJSON(json: unknown): Uint8Array {
  if (typeof json !== 'string') throw new SiegeError('bad_finding', 'the input is no text in base64');
  return new Uint8Array(Buffer.from(json, 'base64'));
}

interface Reading {
  readonly said: readonly string[];
  readonly datagrams: number;
  readonly payload: number;
  /** The error's code, if the file broke its format. */
  readonly refused: string | undefined;
}

async function read(source: Uint8Array | Iterable<Uint8Array>): Promise<Reading> {
  const skipped = newSkipped();
  const said: string[] = [];
  let payload = 0;
  let refused: string | undefined;
  try {
    for await (const datagram of readDatagrams(source, skipped)) {
      const { src, dst, srcPort, dstPort, time } = datagram;
      payload += datagram.payload.length;
      said.push(
        `${formatAddress(src)} ${srcPort} ${formatAddress(dst)} ${dstPort} ${time} ${Buffer.from(datagram.payload).toString('base64')}`,
      );
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    refused = `${error.code}: ${error.message}`;
    said.push(refused);
  }
  said.push(JSON.stringify(skipped));
  return { said, datagrams: said.length - (refused === undefined ? 1 : 2), payload, refused };
}

async function runFile(file: Uint8Array): Promise<Verdict> {
  const failures: Failure[] = [];
  let whole: Reading | undefined;
  try {
    whole = await read(surrounded(file, 0));
    const other = await read(chunks(surrounded(file, 0xff)));
    const differs = whole.said.findIndex((line, index) => line !== other.said[index]);
    if (differs >= 0 || whole.said.length !== other.said.length) {
      const at = Math.max(0, differs);
      failures.push({
        oracle: 'same',
        message: `in chunks: ${shorten(other.said[at])}, whole: ${shorten(whole.said[at])}`,
      });
    }
    if (whole.payload > file.length) {
      failures.push({ oracle: 'bounds', message: `${whole.payload} bytes of payload from a file of ${file.length}` });
    }
  } catch (error) {
    const { name, message, stack = '' } = error as Error;
    const where = /\/((?:packages|tools)\/\S+?:\d+):\d+/.exec(stack)?.[1] ?? 'somewhere';
    failures.push({ oracle: 'throws', message: `${name}: ${message} at ${where}` });
  }
  // Of an error's words only those that are always the same.
  const features = [
    `refused ${whole?.refused?.replace(/\d+/g, 'N') ?? 'no'}`,
    `datagrams ${Math.min(3, whole?.datagrams ?? 0)}`,
  ];
  return { failures, messages: 1, bytes: file.length * 2, features, counts: { datagrams: whole?.datagrams ?? 0 } };
}

function shorten(text: string | undefined): string {
  return (text ?? 'nothing').slice(0, 100);
}

/** The file within a larger buffer full of `poison`. */
function surrounded(file: Uint8Array, poison: number): Uint8Array {
  const buffer = new Uint8Array(file.length + 2 * POISON_BYTES).fill(poison);
  buffer.set(file, POISON_BYTES);
  return buffer.subarray(POISON_BYTES, POISON_BYTES + file.length);
}

/** Pieces of 1, 2, 3, … bytes, up to 4 kB: a boundary at every kind of place. */
function* chunks(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0, size = 1; at < file.length; at += size, size = (size % 4096) + 1) yield file.subarray(at, at + size);
}

function* shrink(file: Uint8Array): Generator<Uint8Array> {
  for (let size = file.length >> 1; size >= 4; size >>= 1) {
    yield file.slice(0, file.length - size);
    for (let at = 0; at + size <= file.length; at += size) {
      const without = new Uint8Array(file.length - size);
      without.set(file.subarray(0, at));
      without.set(file.subarray(at + size), at);
      yield without;
    }
  }
}
