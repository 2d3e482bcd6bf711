// Files that were removed by somebody else. A consumer remembers what it saw waiting; what is gone without having been delivered, set aside
// or dropped by the cap is counted once, for the exporters whose flows were in it.
import { join } from 'node:path';
import type { ExporterRows } from '../errors.ts';
import { SpoolError } from '../errors.ts';
import { filesIn } from '../files.ts';
import { consumerFolders } from '../layout.ts';
import { readManifest } from '../manifest.ts';

/** Exporters remembered over all files, each about 100 bytes: a backlog beyond that is watched only in part. */
const REMEMBERED = 1_000_000;

export class Vanished {
  readonly #dir: string;
  readonly #consumer: string;
  readonly #known = new Map<string, ExporterRows>();
  #remembered = 0;

  constructor(dir: string, consumer: string) {
    this.#dir = dir;
    this.#consumer = consumer;
  }

  /** Looks at what is there now. Answers what is gone since the last look, by name. Throws SpoolError. */
  look(): Map<string, ExporterRows> {
    const { flows } = consumerFolders(this.#dir, this.#consumer);
    const present = new Set<string>();
    for (const file of filesIn(flows)) {
      const match = /^(.+)\.(native|claimed|dropped)$/.exec(file);
      if (match === null) continue;
      const [, name, ending] = match;
      if (ending === 'dropped') this.forget(name);
      else {
        present.add(name);
        this.#remember(flows, name);
      }
    }
    const gone = new Map<string, ExporterRows>();
    for (const [name, rows] of this.#known) if (!present.has(name)) gone.set(name, rows);
    return gone;
  }

  /** What became of it is known. */
  forget(name: string): void {
    this.#remembered -= this.#known.get(name)?.length ?? 0;
    this.#known.delete(name);
  }

  #remember(flows: string, name: string): void {
    if (this.#known.has(name) || this.#remembered >= REMEMBERED) return;
    try {
      const { exporters } = readManifest(join(flows, `${name}.json`), name);
      this.#known.set(name, exporters);
      this.#remembered += exporters.length;
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error;
    }
  }
}
