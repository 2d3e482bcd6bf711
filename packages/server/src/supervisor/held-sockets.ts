// The sockets for flows, which the supervisor holds: opened once, or taken from systemd, and inherited by each collecting process, so that a
// crash or an upgrade of it loses no datagram that fits the kernel's buffers.
import {
  activatedSockets,
  closeSockets,
  type InheritedSocket,
  ListenError,
  type OpenSocket,
  openSockets,
} from '@weir/listen';
import { asServerError, laneCount } from '../collect/lanes.ts';
import type { Config } from '../config/schema.ts';

export class HeldSockets {
  /** A listening TCP socket of systemd, for the page. */
  readonly page: { readonly fd: number; readonly host: string; readonly port: number } | undefined;
  /** Undefined where sockets cannot be handed on: collecting processes open their own. */
  #sockets: readonly OpenSocket[] | undefined;
  #settings: string;
  readonly #fromSystemd: boolean;

  private constructor(
    sockets: readonly OpenSocket[] | undefined,
    config: Config,
    activated: { readonly page: HeldSockets['page'] } | undefined,
  ) {
    this.#sockets = sockets;
    this.#settings = settingsOf(config);
    this.#fromSystemd = activated !== undefined && sockets !== undefined;
    this.page = activated?.page;
  }

  /** Takes what systemd passed, or opens what the configuration says. Throws ServerError. */
  static async open(config: Config, env: NodeJS.ProcessEnv = process.env): Promise<HeldSockets> {
    const { receive_buffer: receiveBufferBytes } = config.listen;
    const lanes = laneCount(config);
    try {
      const activated = activatedSockets(env, process.pid, { receiveBufferBytes, lanes });
      if (activated !== undefined && activated.sockets.length > 0) {
        return new HeldSockets(activated.sockets, config, activated);
      }
      const made = new HeldSockets(await openOf(config), config, undefined);
      return activated === undefined ? made : new HeldSockets(made.#sockets, config, { page: activated.page });
    } catch (error) {
      if (error instanceof ListenError) throw asServerError(error);
      throw error;
    }
  }

  /** Whether datagrams wait in them while no process reads. */
  get held(): boolean {
    return this.#sockets !== undefined;
  }

  /** Descriptors for a process to inherit. */
  get fds(): number[] {
    return this.#sockets?.map(({ fd }) => fd) ?? [];
  }

  /** The sockets as a process has them that inherits `fds` from descriptor `first` on. */
  inherited(first: number): InheritedSocket[] | undefined {
    return this.#sockets?.map((socket, index) => ({ ...socket, fd: first + index }));
  }

  /** Whether another configuration asks for other sockets. Those of systemd stay what they are. */
  differ(config: Config): boolean {
    return !this.#fromSystemd && settingsOf(config) !== this.#settings;
  }

  /** Closes these and opens those of another configuration: what is sent in between is lost. Throws ServerError; none are open then. */
  async reopen(config: Config): Promise<void> {
    this.close();
    try {
      this.#sockets = await openOf(config);
      this.#settings = settingsOf(config);
    } catch (error) {
      if (error instanceof ListenError) throw asServerError(error);
      throw error;
    }
  }

  close(): void {
    if (this.#sockets !== undefined) closeSockets(this.#sockets);
    this.#sockets = undefined;
  }
}

/** Undefined where only sockets that cannot be handed on work. */
function openOf(config: Config): Promise<OpenSocket[] | undefined> {
  const { host, ports, receive_buffer, backend } = config.listen;
  return openSockets({
    binds: ports.map((port) => ({ host, port })),
    receiveBufferBytes: receive_buffer,
    lanes: laneCount(config),
    backend,
  });
}

/** Of what the sockets depend on. */
function settingsOf(config: Config): string {
  const { host, ports, receive_buffer, backend } = config.listen;
  return JSON.stringify([host, ports, receive_buffer, backend, laneCount(config)]);
}
