// The thread behind queries.ts: callers with a connection each, which is used again for the next query.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { QueriesData } from './queries.ts';

const QUERY = '/api/v1/top?from=now-1h&by=src_addr,dst_addr,dst_port&metrics=bytes,flows&resolution=flows&limit=10000';

const { port, atOnce, all, underWay } = workerData as QueriesData;
/** Answers by status; 0 stands for a connection that ended without one. */
const answers = new Map<number, number>();
let left = all;
let connected = 0;
/** The first are sent when all connections are there. */
const everyone = Promise.withResolvers<void>();

function caller(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', async () => {
      if (++connected === atOnce) everyone.resolve();
      await everyone.promise;
      ask();
    });
    let asked = false;
    let head = '';
    /** Bytes of the answer that are to come. */
    let rest = 0;
    const ask = () => {
      if (left === 0) {
        socket.destroy();
        return;
      }
      left--;
      Atomics.add(underWay, 0, 1);
      asked = true;
      head = '';
      socket.write(`GET ${QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    };
    const answered = (status: number) => {
      asked = false;
      Atomics.sub(underWay, 0, 1);
      answers.set(status, (answers.get(status) ?? 0) + 1);
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

await Promise.all(Array.from({ length: atOnce }, caller));
parentPort?.postMessage(answers);
