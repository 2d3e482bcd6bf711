// Which complete files there are and for how long, so that old ones can be removed. Their age is the time that Weir has run since they were
// complete, which no clock that jumps can make longer: a machine whose clock is set to next year keeps its files.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '@weir/spool';
import { writeDurably } from '../durable.ts';
import { asSinkError } from '../errors.ts';

export interface CompleteFile {
  readonly name: string;
  readonly bytes: number;
}

export interface KeepLimits {
  /** Milliseconds. */
  readonly age?: number | undefined;
  /** Bytes of all files. */
  readonly size?: number | undefined;
}

interface KeptFile extends CompleteFile {
  /** When it was complete, on the clock of this list. */
  readonly at: number;
}

/** The clock is written down this often, in milliseconds: so much is a file kept longer after each restart, at most. */
const WRITE_CLOCK_MS = 60_000;

export class KeptFiles {
  readonly #path: string;
  readonly #limits: KeepLimits;
  readonly #monotonic: () => number;
  /** Oldest first. */
  #files: KeptFile[] = [];
  /** Milliseconds that Weir had run when this process began to count, and this process's clock then. */
  #ranBefore = 0;
  #began: number;
  #writtenAt = 0;
  #changed = false;

  /** `monotonic`: milliseconds of a clock that only goes forward. */
  constructor(folder: string, sink: string, limits: KeepLimits, monotonic = () => performance.now()) {
    this.#path = join(folder, `.weir-${sink}.kept`);
    this.#limits = limits;
    this.#monotonic = monotonic;
    this.#began = monotonic();
  }

  /** Takes in the files that are there: one that is not in the list is as old as now. Rejects with SinkError. */
  async open(there: readonly CompleteFile[]): Promise<void> {
    const { clock, files } = await this.#read();
    this.#ranBefore = clock;
    this.#began = this.#monotonic();
    const known = new Map(files.map((file) => [file.name, file.at]));
    this.#files = there.map(({ name, bytes }) => ({ name, bytes, at: known.get(name) ?? clock }));
    this.#files.sort((a, b) => a.at - b.at);
    this.#changed = true;
  }

  add(file: CompleteFile): void {
    this.#files.push({ ...file, at: this.#now() });
    this.#changed = true;
  }

  /** The files that are not to be kept any longer, oldest first. */
  due(): CompleteFile[] {
    const { age = Number.POSITIVE_INFINITY, size = Number.POSITIVE_INFINITY } = this.#limits;
    const now = this.#now();
    let bytes = this.#files.reduce((sum, file) => sum + file.bytes, 0);
    return this.#files.filter((file) => {
      if (now - file.at < age && bytes <= size) return false;
      bytes -= file.bytes;
      return true;
    });
  }

  /** Forgets all but these files. */
  retain(names: ReadonlySet<string>): void {
    const left = this.#files.filter(({ name }) => names.has(name));
    this.#changed ||= left.length < this.#files.length;
    this.#files = left;
  }

  removed(name: string): void {
    this.#files = this.#files.filter((file) => file.name !== name);
    this.#changed = true;
  }

  /** Writes the list down if it is due. Rejects with SinkError. */
  async save(): Promise<void> {
    const clock = this.#now();
    if (!this.#changed && clock - this.#writtenAt < WRITE_CLOCK_MS) return;
    const files = this.#files.map(({ name, at }) => [name, Math.round(at)]);
    try {
      await writeDurably(this.#path, (file) => file.writeFile(JSON.stringify({ clock: Math.round(clock), files })));
    } catch (error) {
      throw asSinkError(error, `write ${this.#path}`);
    }
    this.#writtenAt = clock;
    this.#changed = false;
  }

  #now(): number {
    return this.#ranBefore + this.#monotonic() - this.#began;
  }

  async #read(): Promise<{ clock: number; files: { name: string; at: number }[] }> {
    const nothing = { clock: 0, files: [] };
    try {
      const { clock, files } = JSON.parse(await readFile(this.#path, 'utf8')) as { clock: unknown; files: unknown };
      if (typeof clock !== 'number' || !Array.isArray(files)) return nothing;
      const read = files.flatMap(([name, at]: unknown[]) =>
        typeof name === 'string' && typeof at === 'number' ? [{ name, at: Math.min(at, clock) }] : [],
      );
      return { clock, files: read };
    } catch (error) {
      // A list that cannot be understood: all files are as old as now, and are kept for longer than they might be.
      if (error instanceof SyntaxError || error instanceof TypeError || errno(error) === 'ENOENT') return nothing;
      throw asSinkError(error, `read ${this.#path}`);
    }
  }
}
