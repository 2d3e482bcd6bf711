// Numbered flows from several exporters, sent by a process of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { addressOf, type Sent, type ToSender } from './sender.ts';

export class Traffic {
  readonly addresses: readonly string[];
  readonly #process: ChildProcess;

  constructor(port: number, exporters: number) {
    this.addresses = Array.from({ length: exporters }, (_, index) => addressOf(index));
    this.#process = fork(new URL('./sender.ts', import.meta.url), [String(port), String(exporters)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
  }

  /** Sends so many flows a second from now on. */
  go(rate: number): void {
    this.#process.send({ type: 'go', rate } satisfies ToSender);
  }

  /** Sends nothing any more. Resolves with all that was sent since it began. */
  async pause(): Promise<Sent> {
    this.#process.send({ type: 'pause' } satisfies ToSender);
    const [sent] = (await once(this.#process, 'message')) as [Sent];
    return sent;
  }

  stop(): void {
    this.#process.disconnect();
  }
}
