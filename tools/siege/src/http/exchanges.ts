// What is sent over one connection: requests that are right, requests that are nearly right, bytes that are none, and silence.
import { mutateBytes } from '../decoder/mutate-bytes.ts';
import type { Random } from '../random.ts';
import { hostileHeaders, request, type Surface } from './requests.ts';

export interface Exchange {
  /** Bytes to write, one piece after the other, as latin1 text. */
  readonly pieces: readonly string[];
  /** Methods of the requests in it, in order, as far as they can be told. */
  readonly methods: readonly string[];
  /**
   * What to do then: read until all `methods` are answered; leave at once; or stay and read nothing, or send nothing, for a while.
   */
  readonly ending: 'read' | 'leave' | 'stall';
  /** How long it stalls, in milliseconds. */
  readonly stallMs?: number;
  /** Whether each of the requests must be answered: they are well-formed, and nothing asks for the connection's end. */
  readonly owed: boolean;
}

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'get', 'G', 'M-SEARCH'];
const LIMIT = 200_000;
/** What is longer may be refused before it has been read, and the answer may be lost with the connection (RFC 9112, section 9.6). */
const OWED_BYTES = 12_000;

export function makeExchange(random: Random, surface: Surface): Exchange {
  switch (random.below(20)) {
    case 0:
      // The answer is not waited for: a query is stopped with its caller.
      return { pieces: [request(random, surface, 'GET')], methods: ['GET'], ending: 'leave', owed: false };
    case 1:
      return {
        pieces: [request(random, surface, 'GET')],
        methods: ['GET'],
        ending: 'stall',
        stallMs: stallMs(random),
        owed: false,
      };
    case 2:
      return half(random, surface);
    case 3:
      return inPieces(random, surface);
    case 4:
      return pipelined(random, surface);
    case 5:
    case 6:
    case 7:
      return bent(random, surface);
    case 8:
      return noRequest(random);
    case 9:
    case 10:
      return withBody(random, surface);
    case 11: {
      const method = random.pick(METHODS);
      return { pieces: [request(random, surface, method)], methods: [method], ending: 'read', owed: false };
    }
    case 12:
      return {
        pieces: [request(random, surface, 'GET', hostileHeaders(random))],
        methods: ['GET'],
        ending: 'read',
        owed: false,
      };
    default: {
      const method = random.chance(0.1) ? 'HEAD' : 'GET';
      const whole = request(random, surface, method);
      return { pieces: [whole], methods: [method], ending: 'read', owed: whole.length < OWED_BYTES };
    }
  }
}

/** Mostly short; now and then longer than a server waits for a head. */
function stallMs(random: Random): number {
  return random.chance(0.05) ? 15_000 : random.between(200, 2000);
}

/** The head does not come to its end. */
function half(random: Random, surface: Surface): Exchange {
  const whole = request(random, surface, 'GET');
  const cut = whole.slice(0, random.between(0, whole.length - 1));
  return {
    pieces: cut === '' ? [] : [cut],
    methods: [],
    ending: random.chance(0.5) ? 'leave' : 'stall',
    stallMs: stallMs(random),
    owed: false,
  };
}

/** A right request in many small pieces. */
function inPieces(random: Random, surface: Surface): Exchange {
  const whole = request(random, surface, 'GET');
  const size = random.between(1, 40);
  const pieces: string[] = [];
  let at = 0;
  for (; at < whole.length && pieces.length < 60; at += size) pieces.push(whole.slice(at, at + size));
  // The rest comes at once.
  if (at < whole.length) pieces.push(whole.slice(at));
  return { pieces, methods: ['GET'], ending: 'read', owed: whole.length < OWED_BYTES };
}

function pipelined(random: Random, surface: Surface): Exchange {
  const methods = Array.from({ length: random.between(2, 20) }, () => (random.chance(0.2) ? 'HEAD' : 'GET'));
  const whole = methods.map((method) => request(random, surface, method)).join('');
  return { pieces: [whole], methods, ending: random.chance(0.8) ? 'read' : 'leave', owed: false };
}

/** A right request with bytes changed. */
function bent(random: Random, surface: Surface): Exchange {
  let bytes: Uint8Array = Buffer.from(request(random, surface, 'GET'), 'latin1');
  const other = Buffer.from(request(random, surface, random.pick(METHODS)), 'latin1');
  for (let changes = random.between(1, 4); changes > 0; changes--) bytes = mutateBytes(bytes, other, LIMIT, random);
  return { pieces: [Buffer.from(bytes).toString('latin1')], methods: [], ending: 'read', owed: false };
}

/** Other protocols, noise, nothing. */
function noRequest(random: Random): Exchange {
  const bytes = random.pick([
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET /livez HTTP/9.9\r\n\r\n',
    'GET /livez\r\n\r\n',
    '\r\n'.repeat(random.between(1, 200)),
    'SSH-2.0-OpenSSH_9.2\r\n',
    Buffer.from(random.bytes(random.between(1, 3000))).toString('latin1'),
    `GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n${' folded: x\r\n'.repeat(random.between(1, 50))}\r\n`,
    `GET /livez HTTP/1.1\nHost: 127.0.0.1\n\n`,
  ]);
  return {
    pieces: [bytes],
    methods: [],
    ending: random.chance(0.7) ? 'read' : 'stall',
    stallMs: stallMs(random),
    owed: false,
  };
}

/** Content where none belongs, with lengths that are right, wrong, or two. */
function withBody(random: Random, surface: Surface): Exchange {
  const method = random.pick(['GET', 'POST', 'DELETE', 'PUT']);
  const body = 'x'.repeat(random.pick([0, 1, 100, 70_000]));
  const lengths = random.pick([
    [`Content-Length: ${body.length}`],
    [`Content-Length: ${body.length + random.between(-3, 3)}`],
    ['Content-Length: 99999999999999999999'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 3'],
    ['Transfer-Encoding: identity, chunked, x'],
  ]);
  const chunked = lengths[0].startsWith('Transfer');
  const content = chunked
    ? `${body.length.toString(16)}\r\n${body}\r\n${random.pick(['0\r\n\r\n', 'zz\r\n', ''])}`
    : body;
  return {
    pieces: [request(random, surface, method, lengths), content],
    methods: [method],
    ending: 'read',
    owed: false,
  };
}
