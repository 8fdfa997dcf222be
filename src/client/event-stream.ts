import type { Channel, ChannelOwner, ConnectionEnd } from './connection.ts';
import { type HttpRequest, readRefusal, requestFault, sendRequest } from './http-request.ts';
import { readMessage } from './server-packet.ts';

const mediaType = 'text/event-stream';

/**
 * A stream of Server-Sent Events. Read with `fetch` and not with `EventSource`, which can send no token but in the
 * URL, where it ends up in logs.
 */
export function openEventStream(request: Omit<HttpRequest, 'signal'>, connection: ChannelOwner): Channel {
  const abort = new AbortController();

  const read = async (): Promise<ConnectionEnd> => {
    const response = await sendRequest({ ...request, signal: abort.signal }, { accept: mediaType });
    if (!response.ok) return await readRefusal(response);
    if (!response.headers.get('content-type')?.startsWith(mediaType) || response.body === null) {
      abort.abort();
      return { reason: 'no event stream' };
    }
    const decoder = new TextDecoder();
    const parse = createEventStreamParser((data) => connection.take(...readMessage(data)));
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { reason: 'the stream ended' };
      connection.heard();
      parse(decoder.decode(value, { stream: true }));
    }
  };

  read()
    .catch(requestFault)
    .then(
      (end) => connection.end(end),
      () => {},
    );
  return { close: () => abort.abort() };
}

/**
 * Takes the chunks of a text/event-stream and gives the data of each event (WHATWG HTML §9.2.6). Names, ids and
 * `retry` are left out: the packets say all that is needed. A byte order mark is the decoder's affair.
 */
export function createEventStreamParser(onData: (data: string) => void): (chunk: string) => void {
  let unread = '';
  let data: string[] = [];

  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onData(data.join('\n'));
      data = [];
    } else if (/^data(:|$)/.test(line)) {
      data.push(line.replace(/^data:? ?/, ''));
    }
  };

  return (chunk) => {
    // A \r at the end may be the first half of a line end.
    const lines = (unread + chunk).split(/\r\n|\n|\r(?!$)/);
    unread = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}
