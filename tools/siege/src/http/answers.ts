// Answers out of the bytes of a connection: HTTP/1.1 as RFC 9112 frames it, in the order in which they were asked for.

export interface Answer {
  readonly status: number;
  /** Names in lower case; of several lines the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Received {
  readonly answers: readonly Answer[];
  /** Why the bytes after the last answer are none; undefined where there are none, or the connection ended in one. */
  readonly broken?: string;
  /** Bytes of an answer that did not come to its end. */
  readonly unfinished: number;
}

const HEAD_END = '\r\n\r\n';

/** `methods` of the requests, in order: an answer to HEAD has no body whatever it says. `closed`: no more bytes come. */
export function readAnswers(bytes: Buffer, methods: readonly string[], closed: boolean): Received {
  const answers: Answer[] = [];
  let at = 0;
  let asked = 0;
  while (at < bytes.length) {
    const unfinished = bytes.length - at;
    const headEnd = bytes.indexOf(HEAD_END, at);
    if (headEnd === -1) return { answers, unfinished };
    const lines = bytes.toString('latin1', at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0])?.[1] ?? Number.NaN);
    if (Number.isNaN(status))
      return { answers, broken: `no status line: ${JSON.stringify(lines[0].slice(0, 80))}`, unfinished };
    const headers = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      if (colon < 1) return { answers, broken: `no header: ${JSON.stringify(line.slice(0, 80))}`, unfinished };
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const bodyAt = headEnd + HEAD_END.length;
    const body =
      status < 200 || status === 204 || status === 304 || methods[asked] === 'HEAD'
        ? ''
        : readBody(bytes, bodyAt, headers, closed);
    if (body === undefined) return { answers, unfinished };
    answers.push({ status, headers, body: typeof body === 'string' ? '' : body.text });
    at = typeof body === 'string' ? bodyAt : body.end;
    if (status >= 200) asked++;
  }
  return { answers, unfinished: 0 };
}

function readBody(
  bytes: Buffer,
  start: number,
  headers: ReadonlyMap<string, string>,
  closed: boolean,
): { text: string; end: number } | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase().includes('chunked') === true) return readChunks(bytes, start);
  const length = headers.get('content-length');
  // Without a length the connection's end is the body's.
  if (length === undefined) return closed ? { text: bytes.toString('utf8', start), end: bytes.length } : undefined;
  const end = start + Number(length);
  return end <= bytes.length ? { text: bytes.toString('utf8', start, end), end } : undefined;
}

function readChunks(bytes: Buffer, start: number): { text: string; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const from = lineEnd + 2;
    if (Number.isNaN(size) || from + size + 2 > bytes.length) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), end: from + 2 };
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
