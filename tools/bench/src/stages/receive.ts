// Receiving, and receiving with decoding: the sender is a process of its own that sends as fast as it can, on the other core.
import { type ListenHandler, openListener } from '@weir/listen';
import { FlowBatch } from '@weir/record';
import { Decoder } from '@weir/wire';
import { type Figure, figure } from '../figures.ts';
import { RECORDS } from '../load/netflow5.ts';
import { runSender } from '../load/run-sender.ts';

const RUNS = 3;
const SECONDS = 2;
const RECEIVE_BUFFER = 128 << 20;
const ROWS = 131_072;

interface Received {
  /** Datagrams a second of this thread's CPU time, and of the clock. */
  readonly perCore: number;
  readonly perSecond: number;
  readonly lostShare: number;
}

async function receive(handler: ListenHandler): Promise<Received> {
  const listener = await openListener({
    binds: [{ host: '127.0.0.1', port: 0 }],
    receiveBufferBytes: RECEIVE_BUFFER,
    reusePort: false,
    lane: 0,
    lanes: 1,
  });
  const { port } = listener.stats().sockets[0];
  const running = listener.run(handler);
  const before = process.threadCpuUsage();
  const started = performance.now();
  const sent = await runSender(port, 0, SECONDS);
  listener.stop();
  await running;
  const { user, system } = process.threadCpuUsage(before);
  const [socket] = listener.stats().sockets;
  listener.close();
  return {
    perCore: socket.datagrams / ((user + system) / 1e6),
    perSecond: socket.datagrams / ((performance.now() - started) / 1000),
    lostShare: 1 - socket.datagrams / sent.datagrams,
  };
}

function decoding(): ListenHandler {
  const decoder = new Decoder();
  const batch = new FlowBatch(ROWS);
  return {
    onBatch: ({ count, data, starts, ends, peers, times }) => {
      for (let i = 0; i < count; i++) {
        if (batch.room < ends[i] - starts[i]) batch.clear();
        decoder.decode(data, starts[i], ends[i], peers, i * 4, times[i], batch);
      }
    },
    onTick: () => {},
  };
}

async function runs(handler: () => ListenHandler): Promise<Received[]> {
  await receive(handler());
  const all: Received[] = [];
  for (let run = 0; run < RUNS; run++) all.push(await receive(handler()));
  return all;
}

export async function receiveFigures(): Promise<Figure[]> {
  const only = await runs(() => ({ onBatch: () => {}, onTick: () => {} }));
  const decoded = await runs(decoding);
  return [
    figure(
      'receive',
      'datagrams/s a core',
      only.map(({ perCore }) => perCore),
    ),
    figure(
      'receive, offered by the sender without a pause',
      'datagrams/s',
      only.map(({ perSecond }) => perSecond),
    ),
    figure(
      'receive and decode NetFlow v5',
      'flows/s a core',
      decoded.map(({ perCore }) => perCore * RECORDS),
    ),
    figure(
      'receive and decode, lost of what was offered',
      '%',
      decoded.map(({ lostShare }) => lostShare * 100),
    ),
  ];
}
