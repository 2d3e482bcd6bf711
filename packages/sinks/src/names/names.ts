// The names of what keys on flows name, for all sinks of a process. Collectors leave rows of dimensions in a directory of the spool; they
// are taken in before flows are delivered, and kept across restarts.
//
// A key names one thing for all time: a pod that gets the address of another has a key of its own (its incarnation), and a flow carries
// the key of whoever had the address at the flow's time. So a look-up by key is a look-up for the flow's time, whenever it happens.
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Names as NamesForFilters } from '@weir/query/matcher';
import { type DimensionName, FIELD, type Field, type FlowBatch } from '@weir/record';
import { consumerFolders, DIMENSION_NAMES, errno, makeConsumer, namesIn, setRowsAside } from '@weir/spool';
import { makeDirectories } from '../durable.ts';
import { NameLog } from './name-log.ts';
import { NameTable } from './name-table.ts';
import { FLOW_DIMENSIONS, Interner, type Named, readNamed } from './named.ts';
import { Unresolved } from './unresolved.ts';

/** The consumer that rows of dimensions are given to. It takes no flows. */
export const NAMES_CONSUMER = 'names';

/** Rows kept of each dimension. Of entities and texts a row takes about 1 kB and 200 bytes; exporters can make up texts at will. */
const CAPS: Readonly<Record<DimensionName, number>> = {
  entities: 262_144,
  exporters: 131_072,
  interfaces: 65_536,
  policies: 65_536,
  subnets: 65_536,
  threats: 131_072,
  applications: 16_384,
  strings: 262_144,
};
/** Lines read without letting others have the thread. */
const LINES_AT_ONCE = 2000;
/** Pause after names could not be written down, in milliseconds. */
const RETRY_MS = 1000;

export interface NamesOptions {
  /** The spool directory. */
  readonly dir: string;
  /** Directory where names are kept across restarts. */
  readonly keptIn: string;
  /** Rows kept of a dimension, where not the usual number. */
  readonly caps?: Partial<Record<DimensionName, number>>;
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface NamesHealth {
  /** Rows known, by dimension. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows forgotten over the cap, by dimension. */
  readonly forgotten: Readonly<Record<string, number>>;
  /** Why names cannot be read or written down; empty when they can. */
  readonly problem: string;
}

/** What the key of a column names at a row of a batch; undefined for key 0 and what is not known. */
export type FindNamed = (row: number) => Named | undefined;

const NOTHING: FindNamed = () => undefined;

interface Dimension {
  readonly name: DimensionName;
  readonly table: NameTable;
  readonly log: NameLog;
}

export class Names implements NamesForFilters {
  readonly #options: NamesOptions;
  readonly #dimensions: ReadonlyMap<DimensionName, Dimension>;
  readonly #unresolved = new Unresolved();
  readonly #interner = new Interner();
  /** Files of the spool whose rows are in memory and not on disk yet. */
  readonly #read = new Set<string>();
  #taking: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #problem = '';
  #notBefore = 0;

  private constructor(options: NamesOptions) {
    this.#options = options;
    this.#dimensions = new Map(
      FLOW_DIMENSIONS.map((name) => {
        const table = new NameTable(options.caps?.[name] ?? CAPS[name]);
        return [name, { name, table, log: new NameLog(join(options.keptIn, `${name}.jsonl`)) }];
      }),
    );
  }

  /** Reads what was kept. Never rejects: what cannot be read is in `health`, and known again when it is announced again. */
  static async open(options: NamesOptions): Promise<Names> {
    const names = new Names(options);
    try {
      makeConsumer(options.dir, NAMES_CONSUMER);
      await makeDirectories(options.keptIn);
      for (const dimension of names.#dimensions.values()) await names.#readKept(dimension);
    } catch (error) {
      names.#failed(error);
    }
    return names;
  }

  /** For a column of keys that the batch has. Valid until the batch changes. */
  over(batch: FlowBatch, field: Field): FindNamed {
    const table = field.dimension === undefined ? undefined : this.#dimensions.get(field.dimension)?.table;
    if (table === undefined || !batch.has(field)) return NOTHING;
    const column = batch.use(field) as Uint32Array;
    // As signed words: those are no objects, whatever their bits.
    const keys = new Int32Array(column.buffer, column.byteOffset, column.length);
    const addresses = addressesOf(batch, field);
    const unresolved = this.#unresolved;
    // Rows of a datagram follow each other: most name the same exporter as the row before.
    let lastLo = 0;
    let lastHi = 0;
    let last: Named | undefined;
    return (row) => {
      const lo = keys[row * 2];
      const hi = keys[row * 2 + 1];
      if (lo === lastLo && hi === lastHi) return last;
      lastLo = lo;
      lastHi = hi;
      last = (lo | hi) === 0 ? undefined : table.find(lo, hi);
      if (last === undefined && addresses !== undefined && (lo | hi) !== 0) {
        last = unresolved.find(lo, hi, addresses, row * 4);
      }
      return last;
    };
  }

  /**
   * Takes in the rows that wait. Whatever was announced before the call is known when this resolves. Never rejects: why names could not
   * be read or written down is in `health`.
   */
  take(): Promise<void> {
    if (this.#taking === undefined) {
      this.#taking = this.#take()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#taking = undefined;
        });
      return this.#taking;
    }
    // One is under way, which may have looked before the call.
    this.#following ??= this.#taking.then(() => {
      this.#following = undefined;
      return this.take();
    });
    return this.#following;
  }

  health(): NamesHealth {
    const each = (value: (table: NameTable) => number) =>
      Object.fromEntries([...this.#dimensions.values()].map(({ name, table }) => [name, value(table)]));
    return { rows: each((table) => table.size), forgotten: each((table) => table.forgotten), problem: this.#problem };
  }

  async #readKept(dimension: Dimension): Promise<void> {
    let broken = 0;
    for (const [index, line] of (await dimension.log.read()).entries()) {
      const row = readNamed(dimension.name, line, this.#interner);
      if (row === undefined) broken++;
      else this.#takeRow(dimension, row);
      if (index % LINES_AT_ONCE === LINES_AT_ONCE - 1) await nextTurn();
    }
    if (broken > 0) this.#say('names that were kept cannot be read', { dimension: dimension.name, rows: broken });
  }

  async #take(): Promise<void> {
    const { dir } = this.#options;
    const fresh: [NameLog, string[]][] = [];
    for (const name of DIMENSION_NAMES) {
      const folder = consumerFolders(dir, NAMES_CONSUMER).dimension(name);
      const files = namesIn(folder, '.jsonl').filter((file) => !this.#read.has(join(folder, `${file}.jsonl`)));
      const dimension = this.#dimensions.get(name);
      const lines: string[] = [];
      for (const file of files) {
        const path = join(folder, `${file}.jsonl`);
        // What no column of flows has keys of is not needed.
        if (dimension === undefined || (await this.#takeFile(dimension, file, path, lines))) this.#read.add(path);
      }
      if (dimension !== undefined && lines.length > 0) fresh.push([dimension.log, lines]);
    }
    if (this.#read.size > 0) await this.#keep(new Map(fresh));
  }

  /** Takes in a file's rows, and adds lines for what they said that was not known. False when the file was set aside or is gone. */
  async #takeFile(dimension: Dimension, file: string, path: string, lines: string[]): Promise<boolean> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (errno(error) === 'ENOENT') return false;
      throw error;
    }
    const rows: Named[] = [];
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const row = readNamed(dimension.name, line, this.#interner);
      if (row === undefined) {
        const reason = `line ${rows.length + 1} is not a row of ${dimension.name}`;
        setRowsAside(this.#options.dir, NAMES_CONSUMER, path, `${dimension.name}-${file}.jsonl`, reason);
        this.#say('a file of names was set aside', { file, dimension: dimension.name, reason });
        return false;
      }
      rows.push(row);
      if (rows.length % LINES_AT_ONCE === 0) await nextTurn();
    }
    for (const row of rows) if (this.#takeRow(dimension, row)) lines.push(row.line());
    return true;
  }

  /** Whether it says anything that was not known. */
  #takeRow({ name, table }: Dimension, row: Named): boolean {
    const explained = name === 'entities' ? this.#unresolved.explains(row) : 'no';
    return explained === 'no' ? table.take(row) : explained === 'new';
  }

  /** Writes down what is new, and forgets the files that it came from. */
  async #keep(fresh: ReadonlyMap<NameLog, readonly string[]>): Promise<void> {
    try {
      if (performance.now() < this.#notBefore) {
        for (const log of fresh.keys()) log.stale();
        return;
      }
      await makeDirectories(this.#options.keptIn);
      for (const dimension of this.#dimensions.values()) {
        const { log, table } = dimension;
        await log.write(fresh.get(log) ?? [], () => this.#lines(dimension), table.size);
      }
    } catch (error) {
      // What is new is in memory alone: next time all of that is written.
      for (const log of fresh.keys()) log.stale();
      throw error;
    }
    for (const path of this.#read) {
      await unlink(path).catch((error: unknown) => {
        if (errno(error) !== 'ENOENT') throw error;
      });
      this.#read.delete(path);
    }
    if (this.#problem !== '') this.#say('names can be written down again', {});
    this.#problem = '';
  }

  *#lines({ name, table }: Dimension): Generator<string> {
    // All at once: while lines are written, flows go on asking for names, which moves rows about.
    for (const row of [...table.rows()]) yield row.line();
    if (name === 'entities') for (const row of this.#unresolved.rows()) yield row.line();
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#notBefore = performance.now() + RETRY_MS;
    // Said once, not at every attempt.
    if (reason === this.#problem) return;
    this.#problem = reason;
    this.#say('names cannot be read or written down; those that are known stay in memory', { reason });
  }

  #say(message: string, details: Readonly<Record<string, unknown>>): void {
    this.#options.log?.(message, details);
  }
}

/** The addresses of whoever a column of entities names, by which an unresolved one is known; undefined for other columns. */
function addressesOf(batch: FlowBatch, field: Field): Uint32Array | undefined {
  if (field === FIELD.src_entity) return batch.core.src_addr;
  return field === FIELD.dst_entity ? batch.core.dst_addr : undefined;
}
