import type { Cancel, Clock } from '../core/clock.ts';
import type { Channel, ChannelOwner, ConnectionEnd } from './connection.ts';
import { type HttpRequest, readRefusal, requestFault, sendRequest } from './http-request.ts';
import { readPacket, utf8Length } from './server-packet.ts';

interface PollingTimes {
  readonly clock: Clock;
  readonly everyMs: number;
  /** For one answer. */
  readonly timeoutMs: number;
}

/** Fetches the document again and again, until that fails. Each answer is told as a whole TELEMETRY. */
export function openPolling(
  request: Omit<HttpRequest, 'signal'>,
  connection: ChannelOwner,
  { clock, everyMs, timeoutMs }: PollingTimes,
): Channel {
  let abort = new AbortController();
  let tag: string | null = null;
  let cancel: Cancel | undefined;

  /** Resolves with why there will be no further poll; undefined: there will be. */
  const poll = async (): Promise<ConnectionEnd | undefined> => {
    const held: Record<string, string> = tag === null ? {} : { 'if-none-match': tag };
    const t = clock.monotonic();
    const response = await sendRequest({ ...request, signal: abort.signal }, held);
    connection.heard();
    if (response.status === 304) {
      // What is held still holds, and so does what it says of its sources.
      connection.take({ type: 'PONG', t, server_time: '' }, 0);
      return undefined;
    }
    if (!response.ok) return await readRefusal(response);
    const text = await response.text();
    tag = response.headers.get('etag');
    const packet = { type: 'TELEMETRY', ...positionOf(tag), data: JSON.parse(text) };
    connection.take(readPacket(packet), utf8Length(text));
    return undefined;
  };

  const run = (): void => {
    abort = new AbortController();
    cancel = clock.after(timeoutMs, () => abort.abort(new Error('no answer in time')));
    poll()
      .catch(requestFault)
      .then(
        (end) => {
          cancel?.();
          if (end !== undefined) connection.end(end);
          else if (!abort.signal.aborted) cancel = clock.after(everyMs, run);
        },
        () => {},
      );
  };
  run();

  return {
    close() {
      cancel?.();
      abort.abort();
    },
  };
}

/** The `ETag` is the position, unless a proxy took it or made one of its own: then the epoch is empty. */
function positionOf(tag: string | null): { readonly epoch: string; readonly seq: number } {
  const [, epoch = '', seq = 0] = /^(?:W\/)?"(.+)-(\d{1,15})"$/.exec(tag ?? '') ?? [];
  return { epoch, seq: Number(seq) };
}
