// Run with libfaketime: receives while the wall clock jumps. Prints a ClockOutcome as JSON.
//
//     FAKETIME_TIMESTAMP_FILE=… node clock-jumps.ts BACKEND
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Backend, type Listener, type ListenHandler, openListener } from '../listener.ts';
import { numberedSender } from './numbered.ts';

export interface ClockOutcome {
  /** Under a flood, with the clock jumping in the middle of a slice. */
  readonly flood: {
    readonly jumps: number;
    /** The most batches between two turns of the event loop, and between two ticks. */
    readonly betweenTurns: number;
    readonly betweenTicks: number;
    /** Whether each tick was told a later time than the one before. */
    readonly ticksAscend: boolean;
  };
  /** What was handed over of as many datagrams as waited at a stop, by the jumps just before and just after it. */
  readonly waiting: number;
  readonly drained: Readonly<Record<string, number>>;
  /** What was handed over after a stop under a flood, by the jump before it. */
  readonly floodedDrain: Readonly<Record<string, number>>;
}

const WAITING = 2_000;
const BUFFER = 1 << 20;
const JUMPS = ['+3h', '-1d', '+400d', '+0'];
/** Milliseconds of the processor for a datagram: several batches per slice, and still fewer than the flood brings. */
const COST_MS = 0.02;
/** When the event loop stands still, nothing else ends the run. */
const LAST_BATCH = 2_000;

const backend = process.argv[2] as Backend;
const jump = (to: string) => writeFileSync(process.env.FAKETIME_TIMESTAMP_FILE!, to);
const burn = (datagrams: number) => {
  const end = performance.now() + datagrams * COST_MS;
  while (performance.now() < end);
};

function open(): Promise<Listener> {
  const binds = [{ host: '127.0.0.1', port: 0 }];
  return openListener({ binds, receiveBufferBytes: BUFFER, reusePort: false, lane: 0, lanes: 1, backend });
}

async function flooded(work: (listener: Listener) => Promise<void>): Promise<void> {
  const listener = await open();
  const sender = fileURLToPath(new URL('./send-steadily.ts', import.meta.url));
  const { LD_PRELOAD: _, ...env } = process.env;
  const args = ['--disable-warning=ExperimentalWarning', sender, String(listener.stats().sockets[0].port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  await work(listener);
  child.kill('SIGKILL');
  listener.close();
}

const most = { betweenTurns: 0, betweenTicks: 0 };
let [jumps, ticksAscend, batches] = [0, true, 0];
await flooded(async (listener) => {
  let [turn, tick, lastTick] = [0, 0, Number.NEGATIVE_INFINITY];
  let turning = true;
  const onTurn = () => {
    turn = batches;
    if (turning) setImmediate(onTurn);
  };
  onTurn();
  const handler: ListenHandler = {
    onBatch: ({ count }) => {
      burn(count);
      batches++;
      most.betweenTurns = Math.max(most.betweenTurns, batches - turn);
      most.betweenTicks = Math.max(most.betweenTicks, batches - tick);
      if (batches % 20 === 10) jump(JUMPS[jumps++ % JUMPS.length]);
      // Jumps have come to an end, all of them twice, or nothing else goes on.
      if (jumps === JUMPS.length * 2 || batches - turn > LAST_BATCH) listener.stop();
    },
    onTick: (now) => {
      ticksAscend &&= now > lastTick;
      lastTick = now;
      tick = batches;
    },
  };
  await listener.run(handler);
  turning = false;
});

const drained: Record<string, number> = {};
for (const before of JUMPS) {
  for (const after of JUMPS) {
    const listener = await open();
    const sender = await numberedSender(listener.stats().sockets[0].port);
    let received = 0;
    const handler: ListenHandler = {
      onBatch: ({ count }) => {
        received += count;
        jump(after);
      },
      onTick: () => {},
    };
    // node:dgram has nowhere to put more than a batch before `run`.
    const early = backend === 'dgram' ? listener.run(handler) : undefined;
    await sender.send(WAITING);
    jump(before);
    listener.stop();
    await (early ?? listener.run(handler));
    drained[`${before} ${after}`] = received;
    sender.close();
    listener.close();
  }
}

const floodedDrain: Record<string, number> = {};
for (const before of backend === 'dgram' ? [] : JUMPS) {
  await flooded(async (listener) => {
    let [received, stoppedAt] = [0, Number.POSITIVE_INFINITY];
    const handler: ListenHandler = {
      onBatch: ({ count }) => {
        burn(count);
        received += count;
        if (received < 3_000 || stoppedAt < received) return;
        jump(before);
        stoppedAt = received;
        listener.stop();
      },
      onTick: () => {},
    };
    await listener.run(handler);
    floodedDrain[before] = received - stoppedAt;
  });
}
jump('+0');
const flood = { jumps, ...most, ticksAscend };
process.stdout.write(JSON.stringify({ flood, waiting: WAITING, drained, floodedDrain } satisfies ClockOutcome));
