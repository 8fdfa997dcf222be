import { createEventStreamParser } from './event-stream-parser.ts';
import { type HttpRequest, readRefusal, requestFault, sendRequest } from './http-request.ts';
import type { Link, LinkEnd, LinkEvents } from './link.ts';
import { readMessage } from './read-message.ts';

const mediaType = 'text/event-stream';

/**
 * A stream of Server-Sent Events. Read with `fetch` and not with `EventSource`, which can send no token but in the
 * URL, where it ends up in logs.
 */
export function openEventStream(request: Omit<HttpRequest, 'signal'>, events: LinkEvents): Link {
  const abort = new AbortController();

  const read = async (): Promise<LinkEnd> => {
    const response = await sendRequest({ ...request, signal: abort.signal }, { accept: mediaType });
    if (!response.ok) return await readRefusal(response);
    if (!response.headers.get('content-type')?.startsWith(mediaType) || response.body === null) {
      abort.abort();
      return { reason: 'no event stream' };
    }
    const decoder = new TextDecoder();
    const parse = createEventStreamParser((data) => readMessage(data, undefined, events));
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { reason: 'the stream ended' };
      events.onHeard();
      parse(decoder.decode(value, { stream: true }));
    }
  };

  read()
    .catch(requestFault)
    .then(events.onEnd, () => {});
  return { close: () => abort.abort() };
}
