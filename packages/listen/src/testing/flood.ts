// Run in a network namespace of its own: lanes that take a quarter of what a flood brings, however fast the machine is, and quiet senders
// beside it. Prints a FloodOutcome as JSON.
//
//     node flood.ts '<FloodPlan as JSON>'
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapFile } from '@weir/libc';
import { formatAddress } from '@weir/record';
import { divertedMemory } from '../linux/diverted-addresses.ts';
import { type Flood, openListener } from '../listener.ts';
import { openSockets } from '../open-sockets.ts';

export interface FloodPlan {
  readonly host: string;
  readonly lanes: number;
  readonly flood: readonly string[];
  readonly quiet: readonly string[];
  /** Whether the lanes get their spare sockets. */
  readonly spares: boolean;
}

interface Counts {
  readonly flood: number;
  readonly quiet: number;
}

export interface FloodOutcome {
  readonly sent: Counts;
  readonly received: Counts;
  readonly dropped: number;
  /** Of these, at the spare sockets. */
  readonly floodDropped: number;
  /** When the flood had nearly ended. */
  readonly floods: readonly Flood[];
}

const DATAGRAMS = 160_000;
const TAKEN = 1 / 4;
const BUFFER = 1 << 20;

const plan = JSON.parse(process.argv[2]) as FloodPlan;
const commands = ['link set lo up', ...[...plan.flood, ...plan.quiet].map((source) => `address add ${source} dev lo`)];
const input = commands.map((line) => (line.includes(':') ? `${line} nodad` : line)).join('\n');
const configured = spawnSync('ip', ['-batch', '-'], { input, encoding: 'utf8' });
if (configured.status !== 0) throw new Error(configured.stderr);

const dir = mkdtempSync(join(tmpdir(), 'weir-flood-'));
const file = join(dir, 'sent');
const sent = new Float64Array(mapFile(file, 24).memory);
const { host, lanes, spares } = plan;
const opened = (await openSockets({ binds: [{ host, port: 0 }], receiveBufferBytes: BUFFER, lanes }))!;
const sockets = spares ? opened : opened.filter(({ spare }) => !spare);
const options = { sockets, receiveBufferBytes: BUFFER, reusePort: false, lanes, diverted: divertedMemory(lanes) };
const listeners = await Promise.all([...Array(lanes).keys()].map((lane) => openListener({ ...options, lane })));

const received = { quiet: 0, flood: 0 };
const quiet = new Set(plan.quiet);
const pause = new Int32Array(new SharedArrayBuffer(4));
let floods: readonly Flood[] = [];
const running = listeners.map((listener) =>
  listener.run({
    onBatch: ({ count, peers }) => {
      for (let i = 0; i < count; i++) received[quiet.has(formatAddress(peers, i * 4)) ? 'quiet' : 'flood']++;
      while (sent[2] === 0 && received.quiet + received.flood > (sent[0] + sent[1]) * TAKEN) {
        Atomics.wait(pause, 0, 0, 1);
      }
    },
    onTick: () => {
      if (sent[0] < DATAGRAMS * 0.9) floods = listeners.flatMap((one) => one.stats().floods);
    },
  }),
);
const sender = fileURLToPath(new URL('./send-flood.ts', import.meta.url));
const args = [sender, String(opened[0].port), file, String(DATAGRAMS), plan.flood.join(), plan.quiet.join()];
const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: 'inherit' });
await once(child, 'close');
for (const listener of listeners) listener.stop();
await Promise.all(running);
const stats = listeners.map((listener) => listener.stats().sockets[0]);
const dropped = stats.reduce((sum, { kernelDropped }) => sum + kernelDropped, 0);
const floodDropped = stats.reduce((sum, socket) => sum + socket.floodDropped, 0);
for (const listener of listeners) listener.close();
rmSync(dir, { recursive: true });
const outcome: FloodOutcome = { sent: { flood: sent[0], quiet: sent[1] }, received, dropped, floodDropped, floods };
process.stdout.write(JSON.stringify(outcome));
