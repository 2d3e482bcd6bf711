// A gateway thread for the tests: answers with its own number, and does what a path says that should not happen.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import type { FromGateway, GatewayOptions } from '../messages.ts';

const { listen } = workerData as GatewayOptions;
const tell = (message: FromGateway) => parentPort?.postMessage(message);
setInterval(() => tell({ type: 'alive' }), 20);

const server = createServer((request, response) => {
  switch (request.url) {
    case '/throws':
      throw new Error('out of the blue');
    case '/rejects':
      void Promise.reject(new Error('out of the blue'));
      return;
    case '/exits':
      process.exit(3);
      return;
    case '/takes-all-memory': {
      // As a leak does, a little at every turn.
      const kept: object[] = [];
      setInterval(() => {
        for (let count = 0; count < 10_000; count++) kept.push(new Array(100).fill(count));
      }, 1);
      return;
    }
    case '/hangs':
      for (;;);
    default:
      response.end(String(threadId));
  }
});
server.listen(listen, () => {
  const { address, port } = server.address() as AddressInfo;
  tell({ type: 'listening', host: address, port });
});
