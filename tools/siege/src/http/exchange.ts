// One exchange over a connection of its own, and what was wrong with the answers.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Received, readAnswers } from './answers.ts';
import type { Exchange } from './exchanges.ts';
import { answerProblem, BOUNDS } from './expectations.ts';

export interface Outcome {
  readonly answers: readonly Answer[];
  readonly problem: { readonly oracle: string; readonly message: string } | undefined;
}

/** Without a request that is owed an answer, nothing more is expected after this, in milliseconds. */
const QUIET_MS = 1500;
/** What is answered in pieces may take this between two of them. */
const LOOK_MS = 10;

/** Does an exchange with the server at a port of loopback. */
export async function doExchange(port: number, exchange: Exchange): Promise<Outcome> {
  const connection = new Connection(port);
  try {
    await connection.opened;
    for (const piece of exchange.pieces) {
      connection.socket.write(piece, 'latin1');
      if (exchange.pieces.length > 1) await sleep(1);
    }
    if (exchange.ending === 'leave') return { answers: [], problem: undefined };
    if (exchange.ending === 'stall') {
      connection.socket.pause();
      await sleep(exchange.stallMs ?? QUIET_MS);
      connection.socket.resume();
      await sleep(LOOK_MS);
    } else await untilAnswered(connection, exchange);
    return judge(connection.received(exchange.methods), exchange);
  } catch (error) {
    // Connections that are refused, or cut while pieces are written.
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return judge(
      { ...connection.received(exchange.methods), broken: exchange.owed ? `the connection: ${code}` : undefined },
      exchange,
    );
  } finally {
    connection.socket.destroy();
  }
}

class Connection {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  readonly #parts: Buffer[] = [];
  closed = false;
  /** When bytes came last. */
  heard = performance.now();
  /** Bytes that came. */
  bytes = 0;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('error', reject);
    });
    // A connection that is reset says so here, also later.
    this.socket.on('error', () => {});
    this.socket.on('data', (part) => {
      this.#parts.push(part as Buffer);
      this.bytes += part.length;
      this.heard = performance.now();
    });
    for (const event of ['end', 'close']) {
      this.socket.once(event, () => {
        this.closed = true;
      });
    }
  }

  received(methods: readonly string[]): Received {
    return readAnswers(Buffer.concat(this.#parts), methods, this.closed);
  }
}

async function untilAnswered(connection: Connection, { methods, owed, pieces }: Exchange): Promise<void> {
  const start = performance.now();
  const streams = pieces.some((piece) => piece.includes('/tail'));
  for (let looked = -1; !connection.closed; ) {
    const now = performance.now();
    if (connection.bytes !== looked) {
      looked = connection.bytes;
      const { answers } = connection.received(methods);
      if (methods.length > 0 && answers.filter(({ status }) => status >= 200).length >= methods.length) return;
    }
    // A live tail goes on for ever.
    const patience = owed && !streams ? BOUNDS.answerSeconds * 1000 : QUIET_MS;
    if (now - Math.max(start, connection.heard) > patience) return;
    await sleep(LOOK_MS);
  }
}

function judge(received: Received, exchange: Exchange): Outcome {
  const { answers, broken, unfinished } = received;
  const methods = [...exchange.methods];
  for (const answer of answers) {
    const problem = answerProblem(answer, answer.status < 200 ? undefined : methods.shift());
    if (problem !== undefined) return { answers, problem: { oracle: 'answer', message: problem } };
  }
  if (broken !== undefined) return { answers, problem: { oracle: 'framing', message: broken } };
  const streams = exchange.pieces.some((piece) => piece.includes('/tail'));
  const wanted = exchange.methods.length;
  if (exchange.owed && !streams && answers.filter(({ status }) => status >= 200).length < wanted) {
    const message =
      unfinished > 0 ? `an answer ended after ${unfinished} bytes` : 'a well-formed request got no answer';
    return { answers, problem: { oracle: 'answered', message } };
  }
  return { answers, problem: undefined };
}
