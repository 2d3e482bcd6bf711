// What a supervised process and its supervisor say to each other over the channel between them.
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
    }
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'ready' }
  /** Why it is not ready yet, for those who ask the gateway. */
  | { readonly type: 'state'; readonly reason: string }
  /** A mistake that starting again does not mend: at the program's start the supervisor gives up with this message. */
  | { readonly type: 'fatal'; readonly code: ServerErrorCode; readonly message: string };

export interface ChildPart {
  stop(): Promise<void>;
}

export interface ChildChannel {
  send(message: FromChild): void;
}

/** What starting again does not mend: the whole program ends with the message. Anything else is tried again. */
const FATAL: ReadonlySet<ServerErrorCode> = new Set(['config_invalid', 'file_unreadable', 'port_taken', 'data_in_use']);

/** A process whose supervisor died stops by itself; nobody would kill it if that did not end, so it does so after this long. */
const ORPHAN_MS = 30_000;

/** Runs the body of a supervised process: starts when told, stops when told or when the supervisor is gone. */
export function runChild(
  start: (message: Extract<ToChild, { type: 'start' }>, channel: ChildChannel) => Promise<ChildPart>,
): void {
  const channel: ChildChannel = {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
  };
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
  process.on('message', (message: ToChild) => {
    if (message.type === 'start') {
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
    } else void stop();
  });
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), ORPHAN_MS).unref();
    void stop();
  });
  // A terminal's Ctrl-C and a service manager's SIGTERM reach every process of the group. Only the supervisor acts on them: it
  // knows the order that loses nothing.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
}
