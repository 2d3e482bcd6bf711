// Names of the files that a sink writes. None is ever used twice, whatever becomes of the clock; `.part` tells a file that is being written.
import { randomBytes } from 'node:crypto';

export const PART = '.part';

export class FileNames {
  readonly #sink: string;
  readonly #extension: string;
  readonly #pattern: RegExp;
  /** Of this process, so that names of different processes differ. */
  readonly #token = randomBytes(4).toString('hex');
  #sequence = 0;

  /** `extension`: as `ndjson` or `csv.gz`. The sink's name has letters, digits and dashes only. */
  constructor(sink: string, extension: string) {
    this.#sink = sink;
    this.#extension = extension;
    this.#pattern = new RegExp(`^${sink}-\\d{8}T\\d{6}Z-[0-9a-f]{8}-\\d{6,}\\.(?:ndjson|csv)(?:\\.gz|\\.zst)?$`);
  }

  /** A new name: with the time of day, for people. */
  next(): string {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const sequence = String(this.#sequence++).padStart(6, '0');
    return `${this.#sink}-${time}-${this.#token}-${sequence}.${this.#extension}`;
  }

  /** Whether a file of that name is one of the sink's, in any format. */
  isOurs(name: string): boolean {
    return this.#pattern.test(name);
  }
}
