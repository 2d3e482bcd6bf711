// What a decoder has learnt of exporters (templates, sampling rates, names), kept in a file from one process to the next: templates come every
// half hour from some routers, and until then nothing of theirs could be read.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE, spoolFolders } from '@weir/spool';
import { type Decoder, WireError } from '@weir/wire';

/** The state is saved when something changed, at most this often, in milliseconds. */
const SAVE_MS = 1000;
/** Saving that takes long rests this many times as long: state may be hundreds of megabytes. */
const REST = 20;

export class DecoderState {
  readonly #folder: string;
  readonly #path: string;
  readonly #decoder: Decoder;
  #saved: number;
  #notBefore = 0;

  constructor(spoolDir: string, lane: number, lanes: number, decoder: Decoder) {
    this.#folder = spoolFolders(spoolDir).lanes;
    this.#path = join(this.#folder, `decoder-${lane}-of-${lanes}.state`);
    this.#decoder = decoder;
    this.#saved = decoder.stateVersion;
  }

  /**
   * Takes what was saved: by the same lane before, or, when there were more or fewer lanes, by all of them, since exporters may be of
   * another lane now. Answers why something of it could not be used.
   */
  restore(): string[] {
    let files: string[];
    try {
      files = readdirSync(this.#folder).filter((file) => /^decoder-\d+-of-\d+\.state$/.test(file));
    } catch {
      return [];
    }
    const own = files.filter((file) => this.#path.endsWith(`/${file}`));
    const problems: string[] = [];
    for (const file of own.length > 0 ? own : files) {
      try {
        this.#decoder.restore(readFileSync(join(this.#folder, file)));
      } catch (error) {
        if (!(error instanceof WireError) && !(error instanceof Error && 'syscall' in error)) throw error;
        problems.push(`what was known of exporters cannot be used: ${file}: ${error.message}`);
      }
    }
    this.#saved = this.#decoder.stateVersion;
    return problems;
  }

  /** Saves what changed. `now`: milliseconds of a clock that does not go back. Throws what the file system throws. */
  saveIfChanged(now: number): void {
    const version = this.#decoder.stateVersion;
    if (version === this.#saved || now < this.#notBefore) return;
    this.#save(false);
    this.#saved = version;
    this.#notBefore = now + Math.max(SAVE_MS, (performance.now() - now) * REST);
  }

  /** Saves all, with the sequence numbers that were reached: for a process that takes over at once. */
  saveForSuccessor(): void {
    this.#save(true);
  }

  #save(sequences: boolean): void {
    writeFileSync(`${this.#path}.tmp`, this.#decoder.save({ sequences }), { mode: FILE_MODE });
    renameSync(`${this.#path}.tmp`, this.#path);
    // Of another number of lanes: they would be taken again by the next process with that number.
    const suffix = /-of-\d+\.state$/.exec(this.#path)?.[0] ?? '';
    for (const file of readdirSync(this.#folder)) {
      if (file.startsWith('decoder-') && !file.includes(suffix)) rmSync(join(this.#folder, file), { force: true });
    }
  }
}
