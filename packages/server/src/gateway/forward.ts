// Passes requests on to the storing process over its Unix socket, and its answers back as they come.
//
// What a proxy has to mind (RFC 9110, section 7.6): headers of one hop stay on it; a caller that goes away takes its request with it, which
// stops the query in the engine; a slow reader holds back the sender and nobody's memory.
import { Agent, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { hasContent, isReading } from '../http/security.ts';

/** Headers of one hop: RFC 9110, section 7.6.1, and those that older software takes for such. */
const ONE_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered here where it is asked.
  'expect',
]);

/** Connections kept open without a request. */
const IDLE_CONNECTIONS = 16;

export interface ForwarderOptions {
  /** Path of the Unix socket. */
  readonly path: string;
  readonly connections: number;
  /** Milliseconds for which an answer may stand still because its caller does not read. */
  readonly idleMs: number;
  /** The storing process could not be asked, or went away before it answered. */
  onAway(request: IncomingMessage, response: ServerResponse): void;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agent: Agent;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    const { connections } = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: IDLE_CONNECTIONS });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @param url path and query to ask for, @param host the name that the caller asked */
  forward(incoming: IncomingMessage, outgoing: ServerResponse, url: string, host: string): void {
    this.#ask(incoming, outgoing, url, host, false);
  }

  #ask(incoming: IncomingMessage, outgoing: ServerResponse, url: string, host: string, again: boolean): void {
    const headers = [...onwards(incoming.rawHeaders, new Set([...ONE_HOP, 'host'])), 'Host', host];
    const content = hasContent(incoming.headers);
    if (content && incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
    // Else Node announces content where a method usually has some.
    if (!content && !isReading(incoming.method) && incoming.headers['content-length'] === undefined) {
      headers.push('Content-Length', '0');
    }
    const upstream = ask({
      socketPath: this.#options.path,
      method: incoming.method,
      path: url,
      headers,
      agent: this.#agent,
      setHost: false,
    });
    const callerGone = () => void upstream.destroy();
    outgoing.once('close', callerGone);
    upstream.once('response', (answer) => {
      this.#answer(answer, outgoing);
    });
    upstream.once('error', () => {
      outgoing.off('close', callerGone);
      if (outgoing.destroyed || outgoing.headersSent) {
        outgoing.destroy();
        return;
      }
      // A connection that was kept may have been closed in the moment it was used; what only reads may be asked twice.
      const retry = upstream.reusedSocket && !again && isReading(incoming.method);
      if (retry) this.#ask(incoming, outgoing, url, host, true);
      else this.#options.onAway(incoming, outgoing);
    });
    if (content) pipeline(incoming, upstream, () => {});
    else upstream.end();
  }

  #answer(answer: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, onwards(answer.rawHeaders, ONE_HOP));
    // From here on it is the caller who may be waited for; the answer to a query may take as long as the query.
    outgoing.socket?.setTimeout(this.#options.idleMs);
    // A stream of events has its head at once.
    if (answer.headers['content-length'] === undefined) outgoing.flushHeaders();
    // Ends both where either ends before its time: a caller sees a cut answer as cut.
    pipeline(answer, outgoing, () => {});
  }
}

/** Raw headers without those of one hop, among them those that Connection names. */
function onwards(raw: readonly string[], without: ReadonlySet<string>): string[] {
  const named = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at].toLowerCase() !== 'connection') continue;
    for (const name of raw[at + 1].split(',')) named.add(name.trim().toLowerCase());
  }
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    if (!without.has(name) && !named.has(name)) kept.push(raw[at], raw[at + 1]);
  }
  return kept;
}
