// Programs that a test runs: short ones to their end, daemons until they are stopped. Nothing outlives the test process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { programPath } from '../needs.ts';

/** How much of a daemon's output is kept to explain a failure, in characters. */
const OUTPUT_KEPT = 20_000;

/** Runs a program to its end and returns what it printed. Throws with its error output when it fails. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const result = spawnSync(programPath(program) ?? program, args, { encoding: 'utf8', env, maxBuffer: 256 << 20 });
  if (result.status !== 0) {
    const why = result.error?.message ?? `exit ${result.status ?? result.signal}`;
    throw new Error(`${program} ${args.join(' ')}: ${why}\n${result.stderr}`);
  }
  return result.stdout;
}

const running = new Set<Daemon>();
// A failing test run still ends here; only SIGKILL does not, and then the next lab cleans up.
process.on('exit', () => {
  for (const daemon of running) daemon.killNow();
});

export interface DaemonOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Descriptors of open sockets, which it gets as from systemd. */
  readonly sockets?: readonly number[];
}

/** A program that runs until it is told to stop. It leads a process group of its own, so that its children go with it. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #title: string;
  #output = '';
  readonly #ended: Promise<void>;

  constructor(program: string, args: readonly string[], { sockets = [], ...options }: DaemonOptions = {}) {
    this.#title = `${program} ${args.join(' ')}`;
    // A test run that is killed outright cannot stop what it started: the kernel does, where setpriv is there to ask it to.
    const tied = programPath('setpriv') === undefined ? [] : ['setpriv', '--pdeathsig', 'KILL'];
    // As systemd passes them: the variable has to name the process that gets them.
    const activated = sockets.length === 0 ? [] : ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'];
    const [first, ...rest] = [...tied, ...activated, programPath(program) ?? program, ...args];
    this.#child = spawn(first, rest, {
      ...options,
      ...(sockets.length === 0 ? {} : { env: { ...(options.env ?? process.env), LISTEN_FDS: String(sockets.length) } }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...sockets],
    });
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_KEPT);
    };
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.#ended = new Promise((resolve) => {
      const end = () => {
        running.delete(this);
        resolve();
      };
      this.#child.once('error', (error) => {
        keep(error.message);
        end();
      });
      this.#child.once('close', end);
    });
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Waits until `done` holds. Throws with the daemon's output when it ends first or `seconds` pass. */
  async until(done: () => boolean | Promise<boolean>, what: string, seconds = 15): Promise<void> {
    await waitUntil(
      async () => {
        if (await done()) return true;
        if (!this.alive) throw new Error(`${this.#title} ended before ${what}:\n${this.#output}`);
        return false;
      },
      () => `${this.#title}: ${what}\n${this.#output}`,
      seconds,
    );
  }

  /** Sends a signal to the program alone and waits for its end; SIGKILL to its group after `seconds`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', seconds = 10): Promise<void> {
    if (this.alive) this.#child.kill(signal);
    const timer = setTimeout(() => this.killNow(), seconds * 1000);
    await this.#ended;
    clearTimeout(timer);
    this.killNow();
  }

  /** SIGKILL to the program and everything it started. */
  killNow(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group is gone.
    }
  }

  /** Resolves when the program has ended. */
  ended(): Promise<void> {
    return this.#ended;
  }
}

/** Asks every 50 ms until `done` holds; throws what `explain` says when `seconds` pass. */
export async function waitUntil(
  done: () => boolean | Promise<boolean>,
  explain: () => string,
  seconds: number,
): Promise<void> {
  // A bound for tests that would hang, generous enough never to decide on a slow machine.
  for (let turn = 0; turn < seconds * 20; turn++) {
    if (await done()) return;
    await sleep(50);
  }
  throw new Error(`not within ${seconds} s: ${explain()}`);
}
