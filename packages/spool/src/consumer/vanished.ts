// Files that were removed by somebody else. A consumer remembers what it saw waiting; what is gone without having been delivered, set aside
// or dropped by the cap is counted once, for the exporters whose flows were in it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExporterRows } from '../errors.ts';
import { SpoolError } from '../errors.ts';
import { filesIn, tryUnlink } from '../files.ts';
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
      const match = /^(.+)\.(native|claimed|dropped|counted)$/.exec(file);
      if (match === null) continue;
      const [, name, ending] = match;
      if (ending === 'dropped') this.forget(name);
      else if (ending === 'counted') this.#dropped(flows, name);
      else {
        present.add(name);
        this.#remember(flows, name);
      }
    }
    const gone = new Map<string, ExporterRows>();
    for (const [name, rows] of this.#known) {
      if (!present.has(name) && !this.#isThere(flows, name)) gone.set(name, rows);
    }
    return gone;
  }

  /** Dropped by the cap since the last look, and counted. */
  #dropped(flows: string, name: string): void {
    this.forget(name);
    tryUnlink(join(flows, `${name}.counted`));
  }

  /** Whether it is there all the same: one that is renamed while the directory is read may be in neither place of the listing. */
  #isThere(flows: string, name: string): boolean {
    const path = join(flows, name);
    // In the order in which a file changes its ending.
    if (['.native', '.claimed'].some((ending) => existsSync(path + ending))) return true;
    if (['.dropped', '.counted'].every((ending) => !existsSync(path + ending))) return false;
    this.forget(name);
    return true;
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
