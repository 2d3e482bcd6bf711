// Server-sent events from a response, as the HTML standard (section 9.2.6) reads them: as much of it as our server sends.

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Events of a `text/event-stream` body, as they come. Ends with the body. */
export async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = read(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

function read(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const match = /^(event|data): ?(.*)$/.exec(line);
    if (match === null) continue;
    if (match[1] === 'event') event = match[2];
    else data.push(match[2]);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
