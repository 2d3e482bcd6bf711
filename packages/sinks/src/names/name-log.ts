// What is known of one dimension, on disk: a file that rows are appended to, written anew from memory when most of it is stale. Rows are
// announced once, so that they are forced to the disk before the spool forgets them. A line that a loss of power left half written is no row.
import { open, readFile } from 'node:fs/promises';
import { FILE_MODE } from '@weir/spool';
import { closing, writeDurably } from '../durable.ts';

/** Lines written at once when the file is written anew: about a megabyte. */
const LINES_AT_ONCE = 4000;
/** A file is not written anew for fewer stale lines than these. */
const STALE_LINES = 10_000;

export class NameLog {
  readonly #path: string;
  /** Lines in the file; undefined when what is in it is not known, so that it must be written anew. */
  #lines: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The lines there are, in the order in which they were written. Rejects with what the file system says. */
  async read(): Promise<string[]> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#lines = 0;
      return [];
    }
    const lines = text.split('\n');
    // What is behind the last line break was cut; the next row must not be written behind it.
    const cut = lines.pop();
    this.#lines = cut === '' ? lines.length : undefined;
    return lines;
  }

  /** Rows could not be given to `write`: the next call writes all of it. */
  stale(): void {
    this.#lines = undefined;
  }

  /**
   * Makes the file hold these new lines on top of what it had; `all` gives every line that counts, should it have to be written anew.
   * Resolves when they are on the disk. Rejects with what the file system says; the next call then writes all of it.
   */
  async write(lines: readonly string[], all: () => Iterable<string>, size: number): Promise<void> {
    const known = this.#lines;
    this.#lines = undefined;
    if (known === undefined || known + lines.length > size * 2 + STALE_LINES) this.#lines = await this.#rewrite(all());
    else if (lines.length > 0) {
      const file = await open(this.#path, 'a', FILE_MODE);
      await closing(file, async () => {
        await file.appendFile(`${lines.join('\n')}\n`);
        await file.datasync();
      });
      this.#lines = known + lines.length;
    } else this.#lines = known;
  }

  async #rewrite(all: Iterable<string>): Promise<number> {
    let count = 0;
    await writeDurably(this.#path, async (file) => {
      let some: string[] = [];
      for (const line of all) {
        some.push(line);
        if (some.length < LINES_AT_ONCE) continue;
        count += some.length;
        await file.appendFile(`${some.join('\n')}\n`);
        some = [];
      }
      count += some.length;
      if (some.length > 0) await file.appendFile(`${some.join('\n')}\n`);
    });
    return count;
  }
}
