// Many queries at once, each on a connection of its own that is used again for the next: what a crowd of open pages asks.
import { connect } from 'node:net';

const QUERY = '/api/v1/top?from=now-1h&by=src_addr,dst_addr,dst_port&metrics=bytes,flows&resolution=flows&limit=10000';

export class Queries {
  readonly #port: number;
  readonly #atOnce: number;
  #left: number;
  #connected = 0;
  /** Answers by status; 0 stands for a connection that ended without one. */
  readonly answers = new Map<number, number>();
  /** Queries that were sent and are not answered. */
  underWay = 0;
  finished = false;

  constructor(port: number, atOnce: number, all: number) {
    this.#port = port;
    this.#atOnce = atOnce;
    this.#left = all;
  }

  /** Resolves when all have been answered. The first are sent when all connections are there. */
  async run(): Promise<void> {
    const all = Promise.withResolvers<void>();
    await Promise.all(Array.from({ length: this.#atOnce }, () => this.#caller(all)));
    this.finished = true;
  }

  #caller(all: PromiseWithResolvers<void>): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', async () => {
        if (++this.#connected === this.#atOnce) all.resolve();
        await all.promise;
        ask();
      });
      let asked = false;
      let head = '';
      /** Bytes of the answer that are to come. */
      let rest = 0;
      const ask = () => {
        if (this.#left === 0) {
          socket.destroy();
          return;
        }
        this.#left--;
        this.underWay++;
        asked = true;
        head = '';
        socket.write(`GET ${QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      };
      const answered = (status: number) => {
        asked = false;
        this.underWay--;
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      };
      socket.on('data', (chunk: Buffer) => {
        if (rest === 0) {
          head += chunk.toString('latin1');
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          rest = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]) - (head.length - end - 4);
        } else rest -= chunk.length;
        if (rest > 0) return;
        answered(Number(head.split(' ')[1]));
        ask();
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        if (asked) answered(0);
        resolve();
      });
    });
  }
}
