// Starts receiver.ts with the sockets as its descriptors from 4 on, as Node hands them on.
import { type ChildProcess, fork } from 'node:child_process';
import type { InheritedSocket, ListenerStats } from '../listener.ts';
import type { FromReceiver, ReceiverStart } from './receiver.ts';

const MODULE = new URL('./receiver.ts', import.meta.url);
const FIRST_INHERITED = 4;

export class Receiver {
  readonly process: ChildProcess;
  readonly #waiting: ((message: FromReceiver) => void)[] = [];

  private constructor(start: ReceiverStart) {
    const inherited = start.sockets.map((socket, index) => ({ ...socket, fd: FIRST_INHERITED + index }));
    this.process = fork(MODULE, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...start.sockets.map(({ fd }) => fd)],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.process.on('message', (message) => this.#waiting.shift()?.(message as FromReceiver));
    this.process.send({ ...start, sockets: inherited satisfies InheritedSocket[] });
  }

  /** Resolves when it is about to receive, with how many datagrams it found left by the one before. */
  static async start(start: ReceiverStart): Promise<{ receiver: Receiver; left: number }> {
    const receiver = new Receiver(start);
    const message = await receiver.#next();
    if (message.type !== 'ready') throw new Error(`unexpected ${message.type}`);
    return { receiver, left: message.left };
  }

  #next(): Promise<FromReceiver> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stats(): Promise<ListenerStats> {
    return this.#ask('stats');
  }

  /** `stop` hands over what is queued; `leave` leaves it to the next. */
  async stop(how: 'stop' | 'leave'): Promise<ListenerStats> {
    return this.#ask(how);
  }

  async #ask(message: 'stats' | 'stop' | 'leave'): Promise<ListenerStats> {
    this.process.send(message);
    const answer = await this.#next();
    if (answer.type === 'ready') throw new Error('unexpected ready');
    return answer.stats;
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }
}
