// weir send: plays the UDP datagrams of a capture to a collector.
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WireError } from '@weir/wire';
import { newSkipped, readDatagrams } from '@weir/wire/pcap';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError, type Context } from '../command.ts';
import { chunksOf } from '../inputs.ts';
import { Progress } from '../progress.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

interface Options {
  readonly to: Target;
  readonly rate?: number;
  readonly loop: boolean;
}

/** Sends under way at once. */
const MAX_UNDER_WAY = 64;

export function define(command: Command, context: Context): void {
  command
    .argument('<file>', 'pcap or pcapng file, or - for standard input')
    .addOption(
      new Option('--to <host:port>', 'where to; an IPv6 address in brackets').argParser(target).makeOptionMandatory(),
    )
    .addOption(
      new Option('--rate <n>', 'datagrams a second; 0 is as fast as possible (default: as recorded)').argParser(rate),
    )
    .option('--loop', 'start again at the end, until interrupted', false);
  command.addHelpText(
    'after',
    `
Sends the payload of every UDP datagram in the file from this machine's address.
An exporter is known by the address it sends from, so all of them will seem to
be one; only sFlow names its agent in the datagram. Fragments are put together
first.

Examples:
  weir send export.pcap --to 127.0.0.1:2055
  weir send export.pcap --to [2001:db8::5]:4739 --rate 1000 --loop
  xzcat old.pcap.xz | weir send - --to 127.0.0.1:6343 --rate 0

Ctrl-C stops it; what was sent is said on standard error.

Exit codes:
  0  sent
  1  the datagrams could not be sent
  2  the file could not be read, or the target is not host:port
  3  the capture breaks off or is not one; what came before was sent`,
  );
  command.action(async (file: string, options: Options) => {
    if (options.loop && file === '-')
      throw new CliError('usage', 'standard input can be read once: --loop needs a file');
    await new Sending(context, options).run(file);
  });
}

function target(text: string): Target {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('It is not host:port, such as 127.0.0.1:2055 or [::1]:2055.');
  }
  return { host: match[1] ?? match[2], port };
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It is not a number of datagrams a second.');
  }
  return value;
}

/** One run of the command. */
class Sending {
  readonly #context: Context;
  readonly #options: Options;
  readonly #progress: Progress;
  #sent = 0;
  #bytes = 0;
  #underWay: Promise<void>[] = [];

  constructor(context: Context, options: Options) {
    this.#context = context;
    this.#options = options;
    this.#progress = new Progress(context);
  }

  async run(file: string): Promise<void> {
    const { signal, stderr } = this.#context;
    const socket = await this.#connect();
    const began = performance.now();
    try {
      do {
        const before = this.#sent;
        await this.#pass(file, socket, began);
        if (this.#sent === before) break;
      } while (this.#options.loop && !signal.aborted);
      await Promise.all(this.#underWay);
    } catch (error) {
      throw this.#explain(error, file);
    } finally {
      socket.close();
      this.#progress.clear();
    }
    const seconds = (performance.now() - began) / 1000;
    stderr.write(`sent ${this.#sent} datagrams, ${this.#bytes} bytes, in ${seconds.toFixed(1)} s\n`);
  }

  async #connect(): Promise<Socket> {
    const { host, port } = this.#options.to;
    const found = await lookup(host).catch(() => {
      throw new CliError('usage', `cannot find the address of ${host}`);
    });
    const socket = createSocket({ type: found.family === 6 ? 'udp6' : 'udp4', sendBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, found.address, resolve);
    });
    socket.removeAllListeners('error');
    // Nobody listens there (yet): a UDP sender goes on.
    socket.on('error', () => {});
    return socket;
  }

  /** The file once. */
  async #pass(file: string, socket: Socket, began: number): Promise<void> {
    const { signal } = this.#context;
    const passBegan = performance.now();
    let firstTime: number | undefined;
    for await (const { payload, time } of readDatagrams(await chunksOf(file), newSkipped())) {
      firstTime ??= time;
      const due =
        this.#options.rate === undefined
          ? passBegan + (time - firstTime)
          : this.#options.rate === 0
            ? 0
            : began + (this.#sent * 1000) / this.#options.rate;
      await this.#waitUntil(due);
      if (signal.aborted) return;
      await this.#send(socket, payload);
    }
  }

  async #waitUntil(due: number): Promise<void> {
    const wait = due - performance.now();
    // Timers are a millisecond coarse: what is due sooner goes at once.
    if (wait < 1) return;
    await sleep(wait, undefined, { signal: this.#context.signal }).catch(() => {});
  }

  async #send(socket: Socket, payload: Uint8Array): Promise<void> {
    this.#underWay.push(
      new Promise((resolve, reject) => {
        socket.send(payload, (error) => {
          if (error === null || (error as NodeJS.ErrnoException).code === 'ECONNREFUSED') resolve();
          else reject(error);
        });
      }),
    );
    this.#sent++;
    this.#bytes += payload.length;
    if (this.#underWay.length < MAX_UNDER_WAY) return;
    const all = this.#underWay;
    this.#underWay = [];
    await Promise.all(all);
    this.#progress.update(() => `${this.#sent} datagrams sent`);
  }

  #explain(error: unknown, file: string): unknown {
    if (error instanceof WireError)
      return new CliError('partly', `${file}: ${error.message} (sent before: ${this.#sent})`);
    if (error instanceof Error && 'syscall' in error) return new CliError('failed', `cannot send: ${error.message}`);
    return error;
  }
}
