// weir decode: flows out of capture files, without a store.
import { once } from 'node:events';
import { ACCOUNT, ACCOUNT_NAMES, ACCOUNTS, FlowBatch, parseAddress, tryParseAddress } from '@weir/record';
import { Decoder, type NamedElement, WireError } from '@weir/wire';
import { newSkipped, readDatagrams, type SkippedPackets } from '@weir/wire/pcap';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError, type Context } from '../command.ts';
import { type FlowFormat, flowFormat } from '../flow-format.ts';
import { bytesOf, chunksOf } from '../inputs.ts';
import { Progress } from '../progress.ts';

interface Options {
  readonly format: 'json' | 'table';
  readonly names: boolean;
  readonly raw: boolean;
  readonly allElements: boolean;
  readonly exporter: Uint32Array<ArrayBuffer>;
  readonly time?: number;
}

/** Longest UDP payload: a decoder needs room for a row a byte. */
const BATCH_ROWS = 65_536;

export function define(command: Command, context: Context): void {
  command
    .argument('<file...>', 'pcap or pcapng files, or - for standard input')
    .addOption(new Option('-f, --format <format>', 'how to print flows').choices(['json', 'table']).default('json'))
    .option('--names', 'in JSON, print codes by name ("proto":"tcp") instead of by number', false)
    .option('--all-elements', 'print the elements of NetFlow v9 and IPFIX that have no column too', false)
    .option('--raw', 'each file is the payload of one datagram', false)
    .addOption(
      new Option('--exporter <address>', 'with --raw: the address the payloads came from')
        .argParser(address)
        .default(parseAddress('127.0.0.1'), '127.0.0.1'),
    )
    .addOption(
      new Option('--time <time>', 'with --raw: when they were received, ISO 8601 (default: now)').argParser(moment),
    );
  command.addHelpText(
    'after',
    `
Prints one flow a line, with the names that "weir fields" lists; what is empty
is left out. Addresses are text, times ISO 8601 in UTC, counters scaled by
sampling, codes numbers as in the HTTP API. Templates carry over from file to
file, in the order given. What could not be decoded is counted by reason on
standard error.

With --all-elements a flow of NetFlow v9 or IPFIX has a member "elements": what
its record says besides, which Weir does not store, by the names of IANA's
registry. Bytes of unknown meaning are hexadecimal.

Examples:
  weir decode export.pcap
  weir decode --format table router.pcapng | less -S
  weir decode --all-elements export.pcap | jq .elements
  tcpdump -i eth0 -w - udp port 2055 | weir decode -
  weir decode --raw template.bin data.bin --exporter 10.0.0.1

Exit codes:
  0  everything was decoded
  2  a file could not be read
  3  a datagram or file could not be decoded; what could was printed`,
  );
  command.action(async (files: string[], options: Options) => {
    await new Decoding(context, options).run(files);
  });
}

function address(text: string): Uint32Array<ArrayBuffer> {
  const words = tryParseAddress(text);
  if (words === undefined) throw new InvalidArgumentError('It is not an IPv4 or IPv6 address.');
  return words;
}

function moment(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It is not a time such as 2026-05-01T12:00:00Z.');
  return ms;
}

/** One run of the command: a decoder that lives through all files, and what is to be said at the end. */
class Decoding {
  readonly #context: Context;
  readonly #options: Options;
  readonly #decoder: Decoder;
  /** Of the datagram at hand, by row. */
  readonly #elements = new Map<number, readonly NamedElement[]>();
  readonly #batch = new FlowBatch(BATCH_ROWS);
  readonly #format: FlowFormat;
  readonly #progress: Progress;
  readonly #skipped: SkippedPackets = newSkipped();
  readonly #badFiles: string[] = [];
  #datagrams = 0;
  #flows = 0;

  constructor(context: Context, options: Options) {
    this.#context = context;
    this.#options = options;
    const elements = this.#elements;
    this.#decoder = new Decoder(options.allElements ? { onElements: (row, found) => elements.set(row, found) } : {});
    this.#format = flowFormat(options.format, {
      names: options.names,
      decoder: this.#decoder,
      ...(options.allElements ? { elements: (row: number) => elements.get(row) ?? [] } : {}),
    });
    this.#progress = new Progress(context);
  }

  async run(files: readonly string[]): Promise<void> {
    await this.#write(this.#format.header);
    for (const file of files) {
      if (this.#context.signal.aborted) break;
      await (this.#options.raw ? this.#decodeRaw(file) : this.#decodeCapture(file));
    }
    this.#progress.clear();
    this.#finish(files.length);
  }

  async #decodeRaw(file: string): Promise<void> {
    await this.#decode(await bytesOf(file), this.#options.exporter, this.#options.time ?? Date.now());
  }

  async #decodeCapture(file: string): Promise<void> {
    const skipped = newSkipped();
    try {
      for await (const datagram of readDatagrams(await chunksOf(file), skipped)) {
        if (this.#context.signal.aborted) break;
        // Captures without times: the moment of decoding is the only one there is.
        await this.#decode(datagram.payload, datagram.src, Math.floor(datagram.time) || Date.now());
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const hint = this.#datagrams === 0 ? ' (a bare payload needs --raw)' : '';
      this.#badFiles.push(`${file}: ${error.message}${hint}`);
    }
    for (const reason of Object.keys(skipped) as (keyof SkippedPackets)[]) this.#skipped[reason] += skipped[reason];
  }

  async #decode(payload: Uint8Array, peer: Uint32Array, time: number): Promise<void> {
    const batch = this.#batch;
    this.#datagrams++;
    this.#decoder.decode(payload, 0, payload.length, peer, 0, time, batch);
    if (batch.length === 0) return;
    this.#flows += batch.length;
    let text = '';
    for (let row = 0; row < batch.length; row++) text += this.#format.line(batch, row);
    batch.clear();
    this.#elements.clear();
    await this.#write(text);
    this.#progress.update(() => `${this.#datagrams} datagrams, ${this.#flows} flows`);
  }

  async #write(text: string): Promise<void> {
    if (text !== '' && !this.#context.stdout.write(text)) await once(this.#context.stdout, 'drain');
  }

  /** Says on stderr what came of it; throws CliError `partly` where something was not decoded. */
  #finish(files: number): void {
    const totals = this.#totals();
    const lost = ACCOUNT_NAMES.filter((name) => ACCOUNTS[name].role === 'lost' && totals[ACCOUNT[name]] > 0);
    const { stderr } = this.#context;
    const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
    stderr.write(
      `${count(this.#flows, 'flow')} in ${count(this.#datagrams, 'datagram')} from ${count(files, 'file')}\n`,
    );
    for (const name of lost) {
      const { unit, description } = ACCOUNTS[name];
      stderr.write(`  ${name}: ${count(totals[ACCOUNT[name]], unit)}. ${description}\n`);
    }
    const { linkType, notUdp, cut, fragments } = this.#skipped;
    if (notUdp > 0) stderr.write(`  passed over: ${count(notUdp, 'packet')} that hold no UDP\n`);
    if (linkType > 0) stderr.write(`  not read: ${count(linkType, 'packet')} of an unknown link type\n`);
    if (cut > 0) stderr.write(`  not read: ${count(cut, 'packet')} cut short or malformed\n`);
    if (fragments > 0) stderr.write(`  not read: ${count(fragments, 'fragment')} of datagrams that are not whole\n`);
    for (const message of this.#badFiles) stderr.write(`  ${message}\n`);
    // Gaps in the sequence are losses before the capture, not failures to decode.
    const undecoded = lost.some((name) => !name.startsWith('sequence_'));
    if (undecoded || this.#badFiles.length > 0 || linkType + cut + fragments > 0) {
      throw new CliError('partly', 'part of the input could not be decoded');
    }
  }

  #totals(): Float64Array {
    const { exporters } = this.#decoder;
    const totals = new Float64Array(ACCOUNT_NAMES.length);
    for (const { counters } of [exporters.unattributed, ...exporters.all()]) {
      for (let account = 0; account < totals.length; account++) totals[account] += counters[account];
    }
    return totals;
  }
}
