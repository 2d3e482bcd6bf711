// How much of the code ever ran: characters of source within functions, which is what V8's ranges are made of.
import type { Profiler } from 'node:inspector';

interface File {
  /** A byte for each character: whether it is in a function, and whether it ran. */
  known: Uint8Array;
  reached: Uint8Array;
}

export class ReachedCode {
  readonly #files = new Map<string, File>();

  /** In [0, 1]; 0 before anything was noted. */
  get share(): number {
    let known = 0;
    let reached = 0;
    for (const file of this.#files.values()) {
      for (let at = 0; at < file.known.length; at++) {
        known += file.known[at];
        reached += file.reached[at];
      }
    }
    return known === 0 ? 0 : reached / known;
  }

  /** Adds what ran of a function, which has a range that is news. */
  note(url: string, { functionName, ranges }: Profiler.FunctionCoverage): void {
    const [{ startOffset, endOffset, count }] = ranges;
    // The module itself: everything around functions, which ran when it was loaded.
    if (functionName === '' && startOffset === 0) return;
    const file = this.#file(url, endOffset);
    file.known.fill(1, startOffset, endOffset);
    if (count === 0) return;
    // Ranges come from the outside in: the last one that a character is in says whether it ran.
    const ran = new Uint8Array(endOffset - startOffset);
    for (const range of ranges) {
      ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
    }
    for (let at = 0; at < ran.length; at++) file.reached[startOffset + at] |= ran[at];
  }

  #file(url: string, length: number): File {
    let file = this.#files.get(url);
    if (file === undefined) {
      file = { known: new Uint8Array(length), reached: new Uint8Array(length) };
      this.#files.set(url, file);
    }
    if (file.known.length < length) {
      file.known = longer(file.known, length);
      file.reached = longer(file.reached, length);
    }
    return file;
  }
}

function longer(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}
