// Progress of long work: a line on stderr, written over itself on a terminal, and not at all where stderr is a file or a pipe.
import type { Context } from './command.ts';

/** Shows what `line` says at most twice a second. */
export class Progress {
  readonly #out: NodeJS.WritableStream;
  readonly #isTerminal: boolean;
  #last = performance.now();
  #shown = false;

  constructor(context: Context) {
    this.#out = context.stderr;
    this.#isTerminal = 'isTTY' in context.stderr && context.stderr.isTTY === true;
  }

  update(line: () => string): void {
    if (!this.#isTerminal) return;
    const now = performance.now();
    if (now - this.#last < 500) return;
    this.#last = now;
    this.#shown = true;
    this.#out.write(`\r\u001b[K${line()}`);
  }

  /** Takes the line away, so that what is written next stands alone. */
  clear(): void {
    if (this.#shown) this.#out.write('\r\u001b[K');
    this.#shown = false;
  }
}
