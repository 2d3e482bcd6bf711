// The real `weir serve` as a child process with a configuration of the test's own.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerAnswer } from '@weir/query';
import type { AccountName } from '@weir/record';
import { consumerFolders, leftIn, STORE, waitingFor } from '@weir/spool';
import type { Lab, Place } from '../lab/network.ts';
import { Daemon, waitUntil } from '../lab/process.ts';
import { REPOSITORY } from '../needs.ts';

const MAIN = join(REPOSITORY, 'packages/cli/src/main.ts');

/** All times that a row can have: clocks that tests set included. */
const EVER = [Date.UTC(2000, 0), Date.UTC(2100, 0)] as const;

/** Generous: a cold start on two busy cores. */
const START_SECONDS = 60;

export interface WeirOptions {
  /** Where data and configuration go; it outlives the process. */
  readonly folder: string;
  readonly udpPorts: readonly number[];
  readonly httpPort: number;
  /** Address to receive on. Loopback when absent. */
  readonly host?: string;
  /** Namespace to run in; the machine's own when absent. */
  readonly inside?: { readonly lab: Lab; readonly place: Place };
  /** Descriptors of open UDP sockets, which it gets as from systemd; it opens its own when absent. */
  readonly sockets?: readonly number[];
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many files each of its processes may open (ulimit -n); as many as this process when absent. */
  readonly openFiles?: number;
  /** More settings, as they stand in the configuration file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A program that runs it, with its first arguments: `unshare`, for another view of the machine. */
  readonly under?: readonly string[];
}

/** A process of its own within Weir. */
export type Part = 'store' | 'collect' | 'sinks';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Of what a collecting process tells of itself. */
interface CollectorWord {
  readonly pid: number;
  readonly lanes: readonly unknown[];
  readonly exporters: readonly { readonly counters: Partial<Record<AccountName, number>> }[];
}

export class Weir {
  readonly #options: WeirOptions;
  readonly #daemon: Daemon;

  constructor(options: WeirOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.configure(options.settings);
    const { sockets = [], env = {}, openFiles, inside, under = [] } = options;
    const limited = openFiles === undefined ? [] : ['prlimit', `--nofile=${openFiles}:${openFiles}`];
    const [program, ...command] = [...limited, ...under, ...serveCommand(this.config)];
    this.#daemon =
      inside === undefined
        ? new Daemon(program, command, { sockets, env: { ...process.env, ...env } })
        : inside.lab.start(inside.place, program, command);
  }

  /** Writes its configuration file: the test's own settings, over those that every test has. It reads them when it starts or reloads. */
  configure(settings: WeirOptions['settings'] = {}): void {
    const { folder, host = '127.0.0.1', udpPorts, httpPort } = this.#options;
    // JSON is YAML.
    writeFileSync(
      this.config,
      JSON.stringify({
        data: join(folder, 'data'),
        log: { format: 'json' },
        ...settings,
        listen: { host, ports: udpPorts, lanes: 1, ...settingsOf(settings.listen) },
        http: { port: httpPort, ...settingsOf(settings.http) },
      }),
    );
  }

  /** Its configuration file, for commands beside it. */
  get config(): string {
    return join(this.#options.folder, 'weir.yaml');
  }

  get spool(): string {
    return join(this.#options.folder, 'data', 'spool');
  }

  get store(): string {
    return join(this.#options.folder, 'data', 'store');
  }

  get alive(): boolean {
    return this.#daemon.alive;
  }

  get pid(): number {
    return this.#daemon.pid;
  }

  get exitCode(): number | null {
    return this.#daemon.exitCode;
  }

  get output(): string {
    return this.#daemon.output;
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<void> {
    await this.#daemon.until(async () => (await this.get('/readyz')).status === 200, 'it is ready', START_SECONDS);
  }

  /** Waits until it receives on all its UDP ports. */
  async receives(): Promise<void> {
    await this.#daemon.until(() => this.#bound(), 'it listens', START_SECONDS);
  }

  #bound(): boolean {
    const { udpPorts, inside } = this.#options;
    const tables = ['/proc/net/udp', '/proc/net/udp6'];
    const sockets =
      inside === undefined
        ? tables.map((path) => readFileSync(path, 'utf8')).join('')
        : inside.lab.run(inside.place, 'cat', tables);
    return udpPorts.every((port) => sockets.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `));
  }

  /** GET from its HTTP server. Status 0 when nobody answers. */
  async get(path: string): Promise<Answer> {
    const { inside, httpPort } = this.#options;
    const url = `http://127.0.0.1:${httpPort}${path}`;
    try {
      if (inside === undefined) {
        const response = await fetch(url);
        return { status: response.status, body: await response.text() };
      }
      // Loopback of another namespace: a process there asks.
      const program = `fetch(process.argv[1]).then(async (r) => console.log(JSON.stringify({ status: r.status, body: await r.text() })))`;
      const text = inside.lab.run(inside.place, process.execPath, ['-e', program, url]);
      return JSON.parse(text) as Answer;
    } catch {
      return { status: 0, body: '' };
    }
  }

  /** The JSON that a path of the API answers. Throws with the answer when it is not 200. */
  async ask<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}\n${this.output}`);
    return JSON.parse(body) as T;
  }

  /** Waits until /readyz refuses for a reason that matches, and returns what it says. */
  async refuses(reason: RegExp): Promise<string> {
    let said = '';
    await this.#daemon.until(
      async () => {
        const { status, body } = await this.get('/readyz');
        if (status === 503) said = body;
        return reason.test(said);
      },
      `/readyz says ${reason}`,
      START_SECONDS,
    );
    return said;
  }

  /** Flows in the store, and the sum of their bytes. */
  async flows(): Promise<{ flows: number; bytes: number }> {
    const answer = await this.ask<{ total: { flows: number; bytes: number } }>(
      '/api/v1/top?from=now-1h&to=now&by=proto&metrics=flows,bytes&resolution=flows',
    );
    return { flows: answer.total.flows, bytes: answer.total.bytes };
  }

  /** What the ledger says of all time. */
  ledger(): Promise<LedgerAnswer> {
    return this.ask<LedgerAnswer>(`/api/v1/ledger?from=${EVER[0]}&to=${EVER[1]}`);
  }

  /** Sum over exporters of an account of the ledger. */
  async account(name: AccountName): Promise<number> {
    const { total } = await this.ledger();
    return total[name] ?? 0;
  }

  /** The same of the running collecting process alone, by its own word: there also while the store is away. */
  collected(name: AccountName): number {
    const exporters = this.#collectorStatus()?.exporters ?? [];
    return exporters.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
  }

  /** What the collecting process wrote last of itself; undefined when it has not yet. */
  #collectorStatus(): CollectorWord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.spool, 'status', 'local.json'), 'utf8')) as CollectorWord;
    } catch {
      return undefined;
    }
  }

  /** Files of flows that are complete and that the store has not acknowledged. */
  waitingFiles(): string[] {
    return waitingFor(this.spool, STORE).map(({ name }) => name);
  }

  /**
   * Waits until all flows received are in the store and counted: nothing waits in the spool or is being written, and for two seconds
   * nothing comes (a lane holds flows for up to a quarter of one, counts are told every second).
   */
  async settles(): Promise<void> {
    let quietLooks = 0;
    const quiet = () => {
      const { ledger } = consumerFolders(this.spool, STORE);
      const rest = [...leftIn(this.spool), ...this.waitingFiles(), ...readdirSync(ledger)];
      quietLooks = rest.length > 0 ? 0 : quietLooks + 1;
      return quietLooks >= 40;
    };
    await this.#daemon.until(quiet, 'the spool is empty', 120);
  }

  /** Waits until every balance of every exporter is 0, and answers the ledger. */
  async balanced(): Promise<LedgerAnswer> {
    let ledger: LedgerAnswer | undefined;
    const open = () =>
      ledger?.exporters.filter(({ differences }) => differences.some((difference) => difference !== 0));
    await waitUntil(
      async () => {
        try {
          ledger = await this.ledger();
        } catch {
          // The store is away.
          ledger = undefined;
        }
        return open()?.length === 0;
      },
      () => `not every balance is 0: ${JSON.stringify(open())}\n${this.output}`,
      60,
    );
    return ledger!;
  }

  /** Waits until the collecting process that runs now reads what comes, by its own word. */
  async reads(): Promise<void> {
    await this.#daemon.until(
      () => {
        const status = this.#collectorStatus();
        return status !== undefined && status.pid === this.partPid('collect') && status.lanes.length > 0;
      },
      'it reads what comes',
      START_SECONDS,
    );
  }

  /** Process id of a part. */
  partPid(part: Part): number | undefined {
    const pid = this.#daemon.pid;
    let children: string;
    try {
      children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    } catch {
      return undefined;
    }
    for (const child of children.split(' ').filter(Boolean)) {
      if (commandLine(child).includes(`/${part}/main.ts`)) return Number(child);
    }
    return undefined;
  }

  /** Waits until another process does what the one with the id `before` did, and answers its id. */
  async successor(part: Part, before: number | undefined): Promise<number> {
    let pid: number | undefined;
    await this.#daemon.until(
      () => {
        pid = this.partPid(part);
        return pid !== undefined && pid !== before;
      },
      `there is another process of ${part}`,
      START_SECONDS,
    );
    return pid!;
  }

  /** SIGKILL to one part; the supervisor starts another. */
  killPart(part: Part): void {
    const pid = this.partPid(part);
    if (pid === undefined) throw new Error(`no process of ${part} is running\n${this.output}`);
    process.kill(pid, 'SIGKILL');
  }

  /** SIGKILL to the supervisor alone: what it started notices, and ends. */
  killSupervisor(): void {
    process.kill(this.#daemon.pid, 'SIGKILL');
  }

  /** SIGHUP to the supervisor. */
  hangup(): void {
    process.kill(this.#daemon.pid, 'SIGHUP');
  }

  /** SIGKILL to all of it at once. */
  async killAll(): Promise<void> {
    this.#daemon.killNow();
    await this.#daemon.ended();
  }

  /** SIGTERM, and waits for its end; SIGKILL to all of it after `grace` seconds. */
  async stop(grace = 60): Promise<void> {
    await this.#daemon.stop('SIGTERM', grace);
  }

  /** Waits until it ends by itself. */
  async ends(): Promise<void> {
    await waitUntil(
      () => !this.alive,
      () => `weir still runs\n${this.output}`,
      START_SECONDS,
    );
    await this.#daemon.ended();
  }
}

/** Program and arguments that serve with a configuration file. */
export function serveCommand(config: string): string[] {
  return [process.execPath, MAIN, 'serve', '--config', config];
}

function settingsOf(settings: unknown): object {
  return typeof settings === 'object' && settings !== null ? settings : {};
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
