// A whole Weir under attack: its processes may be killed, all of them too, while flows come in. Its UDP socket is this process's, and it gets
// it as from systemd: so no datagram is lost for want of a socket, whatever is killed, and every one has to be accounted for.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeTcpPort, freeUdpPort, type Part, Weir } from '@weir/conformance/system';
import { closeSockets, type OpenSocket, openSockets } from '@weir/listen';
import type { StatusAnswer, TopAnswer } from '@weir/query';
import { type Allowed, wrongs } from './accounts.ts';
import { Traffic } from './traffic.ts';

export type Victim = Part | 'supervisor' | 'everything';

export interface FortressOptions {
  /** With a sink that writes every flow's number to files. */
  readonly archive?: boolean;
  /** Settings of Weir, over those that a siege has. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it has its data and its configuration. */
  readonly folder: string;
}

const ARCHIVE = { type: 'files', name: 'archive', format: 'csv', fields: ['bytes'], spool_max_size: '50GiB' };
const EXPORTERS = 8;
/** Of the socket: what comes while nobody reads it. */
const RECEIVE_BUFFER = 512 << 20;
/** How long everything may take to come to rest, in seconds. */
const REST_SECONDS = 90;
/** Looks at the ledger, half a second apart, between which nothing moves. */
const STILL_LOOKS = 8;
/** Times that no test's clock leaves. */
const EVER = `from=${Date.UTC(2000, 0)}&to=${Date.UTC(2100, 0)}`;

export class Fortress {
  readonly folder: string;
  readonly traffic: Traffic;
  readonly #options: FortressOptions;
  readonly #sockets: readonly OpenSocket[];
  readonly #ports: { readonly udp: number; readonly http: number };
  #weir: Weir;

  private constructor(
    options: FortressOptions,
    sockets: readonly OpenSocket[],
    ports: { readonly udp: number; readonly http: number },
  ) {
    this.folder = options.folder;
    this.#options = options;
    this.#sockets = sockets;
    this.#ports = ports;
    this.#weir = this.#start();
    this.traffic = new Traffic(ports.udp, EXPORTERS);
  }

  /** Resolves when it is ready. */
  static async open(options: FortressOptions): Promise<Fortress> {
    const ports = { udp: await freeUdpPort(), http: await freeTcpPort() };
    const sockets = await openSockets({
      binds: [{ host: '127.0.0.1', port: ports.udp }],
      receiveBufferBytes: RECEIVE_BUFFER,
      lanes: 1,
      backend: 'recvmmsg',
    });
    // One lane, and no second socket for senders that fill it: whoever takes sockets from systemd has none either.
    const [first, ...rest] = sockets ?? [];
    closeSockets(rest);
    const fortress = new Fortress(options, [first], ports);
    await fortress.weir.ready();
    return fortress;
  }

  get weir(): Weir {
    return this.#weir;
  }

  /** Folder of the sink that writes every flow's number, where there is one. */
  get archive(): string {
    return join(this.folder, 'archive');
  }

  /** UDP port that it receives on. */
  get port(): number {
    return this.#ports.udp;
  }

  /** What the collecting process warns of. */
  async warnings(): Promise<readonly string[]> {
    const { collectors } = await this.#weir.ask<StatusAnswer>('/api/v1/status');
    return collectors.flatMap(({ warnings }) => warnings);
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** SIGKILL. A supervisor is started again at once, as systemd would. */
  async kill(victim: Victim): Promise<void> {
    if (victim === 'everything') await this.#weir.killAll();
    else if (victim === 'supervisor') this.#weir.killSupervisor();
    else {
      // It may be between two lives.
      for (let turn = 0; turn < 200 && this.#weir.partPid(victim) === undefined; turn++) await sleep(50);
      try {
        this.#weir.killPart(victim);
      } catch {
        // It died in this moment.
      }
      return;
    }
    this.#weir = this.#start();
  }

  /** SIGTERM, and waits for its end. */
  async stop(): Promise<void> {
    await this.#weir.stop();
  }

  /** Starts it again after `stop`, or after it was killed by others. */
  start(env: Readonly<Record<string, string>> = {}): void {
    this.#weir = this.#start(env);
  }

  /** Pauses the traffic and waits until all of it is accounted for. Resolves with what is wrong when it does not come to that. */
  async comesToRest(allowed: Allowed): Promise<string[]> {
    const sent = await this.traffic.pause();
    const began = performance.now();
    let wrong: string[] = [];
    let before = '';
    let still = 0;
    for (;;) {
      try {
        const ledger = await this.#weir.ledger();
        wrong = wrongs({ sent, ledger, stored: await this.#stored() }, allowed);
        // Where sums need not be right to the flow, that they do not move any more tells that nothing is under way.
        const now = JSON.stringify(ledger.total);
        still = now === before ? still + 1 : 0;
        before = now;
        if (wrong.length === 0 && (allowed.off ?? 0) > 0 && still < STILL_LOOKS) wrong = ['counts still move'];
      } catch (error) {
        wrong = [`it does not answer: ${(error as Error).message.slice(0, 500)}`];
      }
      if (wrong.length === 0) return [];
      if ((performance.now() - began) / 1000 > REST_SECONDS) return wrong;
      await sleep(500);
    }
  }

  /** While flows come in: resolves when new ones are stored, or when so many seconds have passed, with how long it took. */
  async storesAgain(seconds: number): Promise<number> {
    const began = performance.now();
    const took = () => (performance.now() - began) / 1000;
    let before = Number.POSITIVE_INFINITY;
    while (took() < seconds) {
      const { flows_stored: stored } = await this.total();
      if (stored !== undefined && stored > before) break;
      // A look that was not answered says nothing.
      before = stored ?? before;
      await sleep(200);
    }
    return Math.min(took(), seconds);
  }

  /** What /readyz answers, for people. */
  async says(): Promise<string> {
    const { status, body } = await this.#weir.get('/readyz');
    return status === 0 ? 'nobody answers' : body.trim();
  }

  /** Whether /readyz says something within so many seconds. */
  async soonSays(text: string, seconds: number): Promise<boolean> {
    const began = performance.now();
    while (!(await this.says()).includes(text)) {
      if ((performance.now() - began) / 1000 > seconds) return false;
      await sleep(500);
    }
    return true;
  }

  /** All accounts of the ledger; none where it does not answer. */
  async total(): Promise<Readonly<Record<string, number>>> {
    try {
      return (await this.#weir.ledger()).total;
    } catch {
      return {};
    }
  }

  async close(): Promise<void> {
    this.traffic.stop();
    await this.#weir.stop();
    closeSockets(this.#sockets);
  }

  #start(env: Readonly<Record<string, string>> = {}): Weir {
    return new Weir({
      folder: this.folder,
      udpPorts: [this.#ports.udp],
      httpPort: this.#ports.http,
      sockets: this.#sockets.map(({ fd }) => fd),
      env: { ...this.#options.env, ...env },
      settings: {
        spool: { max_age: '500ms' },
        store: { memory: '600MiB' },
        ...(this.#options.archive === true ? { sinks: [{ ...ARCHIVE, path: this.archive }] } : {}),
        ...this.#options.settings,
      },
    });
  }

  /** Flows in the store, by the exporter's address. */
  async #stored(): Promise<Map<string, number>> {
    const { rows } = await this.#weir.ask<TopAnswer>(
      `/api/v1/top?${EVER}&by=exporter_address&metrics=flows&resolution=flows&limit=100`,
    );
    return new Map(rows.map(({ key, values }) => [String(key.exporter_address), values.flows]));
  }
}
