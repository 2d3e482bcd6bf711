// A running Weir to be besieged: started with a store of its own, given some flows, and looked at from outside.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPort, freeUdpPort, Weir } from '@weir/conformance/system';
import { encodeNetflow5, V5_MAX_RECORDS } from '@weir/wire';
import { generateRows } from '../decoder/generate.ts';
import { Random } from '../random.ts';
import { BOUNDS } from './expectations.ts';
import type { Surface } from './requests.ts';

/** Flows that queries have to work on. */
const DATAGRAMS = 40;

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      { readonly get?: { readonly parameters?: readonly { readonly name: string; readonly in: string }[] } }
    >
  >;
}

export class Besieged {
  readonly port: number;
  readonly #weir: Weir;
  readonly #folder: string;
  readonly #parts: readonly (number | undefined)[];
  readonly #pid: number;

  private constructor(weir: Weir, port: number, folder: string) {
    this.#weir = weir;
    this.port = port;
    this.#folder = folder;
    this.#parts = this.#partPids();
    this.#pid = parentOf(this.#parts[0] ?? 0);
  }

  static async start(): Promise<Besieged> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-siege-http-'));
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const settings = { store: { memory: BOUNDS.storeMemory } };
    const weir = new Weir({ folder, udpPorts: [udpPort], httpPort, settings });
    try {
      await weir.ready();
      await weir.receives();
      await sendFlows(udpPort);
      await weir.settles();
      return new Besieged(weir, httpPort, folder);
    } catch (error) {
      await weir.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What can be asked for, by its own description. */
  async surface(): Promise<Surface> {
    const { paths } = await this.#weir.ask<OpenApi>('/api/openapi.json');
    const { fields } = await this.#weir.ask<{ fields: { name: string }[] }>('/api/v1/fields');
    const { next } = await this.#weir.ask<{ next?: string }>('/api/v1/flows?limit=10');
    return {
      paths: Object.entries(paths).map(([path, { get }]) => ({
        path,
        parameters: (get?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name),
      })),
      names: fields.map(({ name }) => name),
      cursors: next === undefined ? [] : [next],
    };
  }

  /** What is wrong with its processes; undefined while all is well. */
  problem(): string | undefined {
    if (!this.#weir.alive) return `it ended with ${this.#weir.exitCode}: ${lastLines(this.#weir.output)}`;
    const now = this.#partPids();
    const gone = ['store', 'collect'].find((_, index) => now[index] !== this.#parts[index]);
    return gone === undefined ? undefined : `the process of ${gone} was started again: ${lastLines(this.#weir.output)}`;
  }

  /** An error with a stack in the log: something happened that nobody had foreseen. */
  logged(): string | undefined {
    return stackIn(this.#weir.output);
  }

  /** Resident memory of its processes, in MB. */
  memoryMB(): number {
    const pids = [this.#pid, ...this.#partPids()].filter((pid) => pid !== undefined && pid > 0);
    return pids.reduce<number>((sum, pid) => sum + residentKB(pid ?? 0), 0) / 1024;
  }

  async isReady(): Promise<boolean> {
    return (await this.#weir.get('/readyz')).status === 200;
  }

  async stop(): Promise<void> {
    await this.#weir.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #partPids(): (number | undefined)[] {
    return [this.#weir.partPid('store'), this.#weir.partPid('collect')];
  }
}

async function sendFlows(port: number): Promise<void> {
  const random = new Random(3);
  const socket = createSocket('udp4');
  for (let datagram = 0; datagram < DATAGRAMS; datagram++) {
    const time = Date.now();
    const header = { time, sysUptime: 1e7, sequence: datagram * V5_MAX_RECORDS };
    const bytes = encodeNetflow5(generateRows(random, V5_MAX_RECORDS, time), 0, V5_MAX_RECORDS, header);
    await new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve));
  }
  socket.close();
  await once(socket, 'close');
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join(' | ').slice(-1000);
}

/** What the first line of a log that has a stack says, without what differs each time. */
export function stackIn(log: string): string | undefined {
  // The first line may have lost its beginning.
  for (const line of log.split('\n').slice(1)) {
    if (/^ {4}at /.test(line)) return `a stack on standard error: ${line.trim()}`;
    if (!line.includes('\\n    at ')) continue;
    const { part = '', msg = '', err } = parsed(line);
    const what = `${part}: ${msg}: ${err?.message ?? ''}`.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
    return `an error with its stack in the log: ${what.slice(0, 200)}`;
  }
  return undefined;
}

interface LogLine {
  readonly part?: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

function parsed(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
}

function status(pid: number, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const parentOf = (pid: number) => status(pid, 'PPid');
const residentKB = (pid: number) => status(pid, 'VmRSS');
