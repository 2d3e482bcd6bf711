// The ledger files that this process wrote last, in memory: where the folder in which they waited was removed or replaced, they are written once
// more. A file counts once by its name, so that those which were taken in before count nothing.
import { statSync } from 'node:fs';

interface RecentFile {
  readonly name: string;
  readonly text: string;
}

/** Characters kept in all; the newest file always is. */
const KEPT_CHARACTERS = 4 << 20;

export class RecentFiles {
  readonly #folder: string;
  #files: RecentFile[] = [];
  #characters = 0;
  #identity: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** After a file was written: what has to be written again, because the folder is another one than at the time before. */
  written(name: string, text: string): readonly RecentFile[] {
    const identity = identityOf(this.#folder);
    const lost = this.#identity !== undefined && identity !== this.#identity ? this.#files : [];
    this.#identity = identity;
    this.#files = [...this.#files, { name, text }];
    this.#characters += text.length;
    while (this.#characters > KEPT_CHARACTERS && this.#files.length > 1) {
      const [oldest] = this.#files.splice(0, 1);
      this.#characters -= oldest.text.length;
    }
    return lost;
  }
}

/** Differs from a folder to the one that takes its place, though the number of the inode may be the same. */
function identityOf(folder: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.dev} ${found.ino} ${found.birthtimeNs}`;
}
