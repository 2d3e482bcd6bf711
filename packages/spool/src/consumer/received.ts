// When the oldest flow that waits for a consumer was received: whoever sums flows up by time waits for it.
import { join } from 'node:path';
import { SpoolError } from '../errors.ts';
import { consumerFolders } from '../layout.ts';
import { readManifest, spanOf } from '../manifest.ts';
import { waitingFor } from './waiting.ts';

export class Received {
  readonly #dir: string;
  readonly #consumer: string;
  /** Of the files that waited at the last look, by name: each manifest is read once. */
  #first = new Map<string, number>();

  constructor(dir: string, consumer: string) {
    this.#dir = dir;
    this.#consumer = consumer;
  }

  /** Milliseconds since 1970; undefined when nothing waits. Throws SpoolError when the directory cannot be read. */
  oldest(): number | undefined {
    const before = this.#first;
    this.#first = new Map();
    for (const { name } of waitingFor(this.#dir, this.#consumer)) {
      this.#first.set(name, before.get(name) ?? this.#read(name));
    }
    return this.#first.size === 0 ? undefined : Math.min(...this.#first.values());
  }

  /** Files that wait, as of the last look. */
  get files(): number {
    return this.#first.size;
  }

  #read(name: string): number {
    try {
      return spanOf(readManifest(join(consumerFolders(this.#dir, this.#consumer).flows, `${name}.json`), name))[0];
    } catch (error) {
      // It was delivered meanwhile, or is going to be set aside.
      if (error instanceof SpoolError) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }
}
