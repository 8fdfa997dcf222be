import type { Channel, ChannelOwner, ConnectionEnd } from './connection.ts';
import { type HttpRequest, readRefusal, requestFault, sendRequest } from './http-request.ts';
import { readMessage } from './server-packet.ts';

const mediaType = 'text/event-stream';

/** What is made of a stream of Server-Sent Events while it lasts. */
export interface EventStreamListener {
  /** It stands: `headers` of the answer. */
  readonly onOpen?: (headers: Headers) => void;
  /** Bytes came in: an event, a part of one, or a comment. */
  readonly onHeard: () => void;
  /** @param name of the event; `message` where it has none */
  readonly onEvent: (data: string, name: string) => void;
}

/**
 * Reads a stream of Server-Sent Events to its end, with `fetch` and not with `EventSource`: that can send no token but
 * in the URL, where it ends up in logs, and tells neither why it was refused nor that a comment came. Rejects where
 * the request fails, and when `signal` aborts it.
 */
export async function readEventStream(
  request: HttpRequest,
  { onOpen, onHeard, onEvent }: EventStreamListener,
): Promise<ConnectionEnd> {
  const response = await sendRequest(request, { accept: mediaType });
  if (!response.ok) return await readRefusal(response);
  if (!response.headers.get('content-type')?.startsWith(mediaType) || response.body === null) {
    await response.body?.cancel();
    return { reason: 'no event stream' };
  }
  onOpen?.(response.headers);
  const decoder = new TextDecoder();
  const parse = createEventStreamParser(onEvent);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { reason: 'the stream ended' };
    onHeard();
    parse(decoder.decode(value, { stream: true }));
  }
}

/** The document by a stream of Server-Sent Events. */
export function openEventStream(request: Omit<HttpRequest, 'signal'>, connection: ChannelOwner): Channel {
  const abort = new AbortController();
  readEventStream(
    { ...request, signal: abort.signal },
    {
      onHeard: () => connection.heard(),
      onEvent: (data) => connection.take(...readMessage(data)),
    },
  )
    .catch(requestFault)
    .then(
      (end) => connection.end(end),
      () => {},
    );
  return { close: () => abort.abort() };
}

/**
 * Takes the chunks of a text/event-stream and gives the data and the name of each event (WHATWG HTML §9.2.6). Ids and
 * `retry` are left out: the packets say all that is needed. A byte order mark is the decoder's affair.
 */
export function createEventStreamParser(onEvent: EventStreamListener['onEvent']): (chunk: string) => void {
  let unread = '';
  let data: string[] = [];
  let name = '';

  const takeLine = (line: string): void => {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) onEvent(data.join('\n'), name || 'message');
      data = [];
      name = '';
    } else if (field === 'data') {
      data.push(value);
    } else if (field === 'event') {
      name = value;
    }
  };

  return (chunk) => {
    // A \r at the end may be the first half of a line end.
    const lines = (unread + chunk).split(/\r\n|\n|\r(?!$)/);
    unread = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}
