// The listening socket of the page and the API, held by the supervisor: threads that accept from it come and go, and what connects
// meanwhile waits in the kernel.
import { closeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { duplicate, libcUnavailable } from '@weir/libc';
import { ServerError } from '../errors.ts';
import type { GatewayOptions } from './messages.ts';

export class PortSocket {
  /** Undefined where descriptors cannot be duplicated: then each thread listens by itself. */
  readonly #fd: number | undefined;
  readonly #host: string;
  readonly #port: number;

  private constructor(fd: number | undefined, host: string, port: number) {
    this.#fd = fd;
    this.#host = host;
    this.#port = port;
  }

  /** Listens. Rejects with ServerError `port_taken` or `start_failed`. */
  static async open(host: string, port: number): Promise<PortSocket> {
    if (libcUnavailable() !== undefined) return new PortSocket(undefined, host, port);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(portError(error, host, port)));
      server.listen({ host, port }, resolve);
    });
    // Before the loop turns, and the server could accept. Its socket goes on listening under another descriptor.
    const fd = duplicate(descriptorOf(server));
    server.close();
    return new PortSocket(fd, host, port);
  }

  /** Takes over a socket that listens already, such as a service manager passes on. */
  static inherit(fd: number): PortSocket {
    const own = duplicate(fd);
    closeSync(fd);
    return new PortSocket(own, '', 0);
  }

  /** What a thread listens on; the thread closes it. */
  forThread(): GatewayOptions['listen'] {
    return this.#fd === undefined ? { host: this.#host, port: this.#port } : { fd: duplicate(this.#fd) };
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

function descriptorOf(server: Server): number {
  const { _handle } = server as unknown as { readonly _handle: { readonly fd: number } };
  return _handle.fd;
}

/** The message for a port that cannot be taken, naming the setting. */
export function portError(
  { code, message }: { readonly code?: string; readonly message: string },
  host: string,
  port: number,
): ServerError {
  if (code === 'EADDRINUSE') {
    return new ServerError(
      'port_taken',
      `http.port: ${host}:${port} is taken by another program; stop it, or choose another port with --http-port or http.port`,
    );
  }
  return new ServerError('start_failed', `http.host: cannot listen on ${host}:${port}: ${message}`);
}
