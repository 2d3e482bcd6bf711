// The demo: the cluster's traffic, metered by its nodes and sent to a collector, in the pace of the clock.
import { Cluster, DEMO_SEED, exporterAddress } from './cluster.ts';
import { ExporterSocket, parseTarget, type Target } from './exporter.ts';
import { makeFleet } from './fleet.ts';
import { Oddities } from './oddities.ts';
import { Random } from './random.ts';
import type { Speaker } from './speaker.ts';
import { Traffic } from './traffic.ts';

export interface DemoOptions {
  /** Where each protocol goes, `host:port`. */
  readonly targets: Readonly<Record<Speaker['protocol'], string>>;
  /** The same seed makes the same cluster; `demoInventory` must be given the same. */
  readonly seed?: number;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  /** Times the usual traffic; 1 makes 1,000 (at night) to 3,500 flow records a second. */
  readonly rate?: number;
}

const TICK_MS = 100;
/** The longest time that one tick makes up for, after the machine slept. */
const MAX_STEP_MS = 1000;
/** Traffic of so long before the start is exported in the first seconds, so that the page has something to show. */
const PAST_MS = 5000;
/** The share of that which a tick exports: all of it takes half a second. */
const PAST_STEP_MS = 1000;

/** Times the route table for a rate of 1. */
const BASE_RATE = 1.8;

/** Runs until the signal fires. Throws DemoError for a target that is none and a source address that cannot be had. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { signal, seed = DEMO_SEED, rate = 1 } = options;
  const targets = Object.fromEntries(
    Object.entries(options.targets).map(([protocol, text]) => [protocol, parseTarget(text)]),
  ) as Record<Speaker['protocol'], Target>;
  const start = Date.now();
  const cluster = new Cluster(seed);
  // The cluster is the seed's; what happens in it is new every time.
  const random = new Random(start);
  const fleet = makeFleet(cluster, random, start);
  const traffic = new Traffic(cluster, random, (flow) => fleet[flow.node].take(flow));
  const oddities = new Oddities(cluster, traffic);
  const sockets: ExporterSocket[] = [];
  try {
    for (const member of fleet) {
      sockets.push(await ExporterSocket.open(exporterAddress(member.node), member.loss, random));
    }
    let last = start;
    let past = start - PAST_MS;
    await everyTick(signal, () => {
      const now = Date.now();
      const elapsed = Math.min(MAX_STEP_MS, Math.max(0, now - last));
      last = now;
      if (past < start) {
        past += PAST_STEP_MS;
        traffic.step(past, PAST_STEP_MS, rate * BASE_RATE);
      }
      traffic.step(now, elapsed, rate * BASE_RATE);
      oddities.step(now, elapsed);
      for (const [index, member] of fleet.entries()) {
        for (const speaker of member.speakers) sockets[index].send(speaker, targets[speaker.protocol], now);
      }
    });
  } finally {
    for (const socket of sockets) socket.close();
  }
}

function everyTick(signal: AbortSignal, tick: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setInterval(() => {
      try {
        tick();
      } catch (error) {
        clearInterval(timer);
        reject(error);
      }
    }, TICK_MS);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(timer);
        resolve();
      },
      { once: true },
    );
  });
}
