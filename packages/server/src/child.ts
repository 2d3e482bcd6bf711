// What a supervised process and its supervisor say to each other over the channel between them.
import type { InheritedSocket } from '@weir/listen';
import type { Config } from './config/schema.ts';
import { ServerError, type ServerErrorCode } from './errors.ts';
import type { Outages } from './outages.ts';

export interface Directories {
  readonly data: string;
  readonly spool: string;
  readonly store: string;
}

export type ToChild =
  | {
      readonly type: 'start';
      readonly config: Config;
      readonly directories: Directories;
      /** Path of the Unix socket on which the storing process answers. */
      readonly httpSocket: string;
      /** For the collecting process: when nobody listened, the time until now among it where it is started again. */
      readonly outages?: Outages;
      /** For the collecting process: sockets that it has inherited, under its numbers. */
      readonly sockets?: readonly InheritedSocket[];
      /** Make everything ready, say so, and wait for `go`: another process does the work still. */
      readonly standby?: boolean;
    }
  | { readonly type: 'go' }
  /** Leave the work to a successor and say when it may begin; `stop` follows. */
  | { readonly type: 'release' }
  | { readonly type: 'stop' };

export type FromChild =
  /** Once a second: its main thread does its work. */
  | { readonly type: 'alive' }
  /** Everything is ready for `go`. */
  | { readonly type: 'prepared' }
  | { readonly type: 'released' }
  | { readonly type: 'ready' }
  /** Why it is not ready yet, for those who ask the gateway. */
  | { readonly type: 'state'; readonly reason: string }
  /** A mistake that starting again does not mend: at the program's start the supervisor gives up with this message. */
  | { readonly type: 'fatal'; readonly code: ServerErrorCode; readonly message: string };

export interface ChildPart {
  stop(): Promise<void>;
  /** Leaves the work to a successor; resolves when that may begin. */
  release?(): Promise<void>;
}

export interface ChildChannel {
  send(message: FromChild): void;
  /** Says that everything is ready, and resolves when the work may begin. At once where no other process does it. */
  standby(): Promise<void>;
}

/** What starting again does not mend: the whole program ends with the message. Anything else is tried again. */
const FATAL: ReadonlySet<ServerErrorCode> = new Set(['config_invalid', 'file_unreadable', 'port_taken', 'data_in_use']);

/** How often a process says that it is alive, in milliseconds. */
export const ALIVE_MS = 1000;

/** A process whose supervisor died stops by itself; nobody would kill it if that did not end, so it does so after this long. */
const ORPHAN_MS = 30_000;

/** Runs the body of a supervised process: starts when told, stops when told or when the supervisor is gone. */
export function runChild(
  start: (message: Extract<ToChild, { type: 'start' }>, channel: ChildChannel) => Promise<ChildPart>,
): void {
  const go = Promise.withResolvers<void>();
  const channel: ChildChannel = {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
    standby: () => {
      channel.send({ type: 'prepared' });
      return go.promise;
    },
  };
  setInterval(() => channel.send({ type: 'alive' }), ALIVE_MS).unref();
  let part: Promise<ChildPart> | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    try {
      await (await part)?.stop();
    } finally {
      // Whatever still holds the event loop (a foreign call, a socket) must not keep the process.
      process.exit(0);
    }
  };
  const begin = (message: Extract<ToChild, { type: 'start' }>) => {
    if (message.standby !== true) go.resolve();
    part = start(message, channel);
    part.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ServerError && FATAL.has(error.code)) {
        channel.send({ type: 'fatal', code: error.code, message });
      } else {
        channel.send({ type: 'state', reason: message });
        process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
      }
      setTimeout(() => process.exit(1), 100);
    });
  };
  const release = async () => {
    await (await part)?.release?.();
    channel.send({ type: 'released' });
  };
  process.on('message', (message: ToChild) => {
    switch (message.type) {
      case 'start':
        begin(message);
        break;
      case 'go':
        go.resolve();
        break;
      case 'release':
        void release();
        break;
      case 'stop':
        go.resolve();
        void stop();
    }
  });
  process.on('disconnect', () => {
    go.resolve();
    setTimeout(() => process.exit(1), ORPHAN_MS).unref();
    void stop();
  });
  // A terminal's Ctrl-C and a service manager's SIGTERM reach every process of the group. Only the supervisor acts on them: it
  // knows the order that loses nothing. SIGHUP is the supervisor's too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
