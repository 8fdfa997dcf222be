import type { Cancel, Clock } from '../core/clock.ts';
import { type HttpRequest, readRefusal, requestFault, sendRequest } from './http-request.ts';
import type { Link, LinkEnd, LinkEvents } from './link.ts';
import { utf8Length } from './read-message.ts';
import { readPacket } from './server-packet.ts';

export interface PollingOptions extends Omit<HttpRequest, 'signal'> {
  readonly clock: Clock;
  readonly everyMs: number;
  /** For one answer. */
  readonly timeoutMs: number;
}

/** Fetches the document again and again, until that fails. Each answer is told as a whole TELEMETRY. */
export function openPolling(options: PollingOptions, { onHeard, onMessage, onEnd }: LinkEvents): Link {
  const { clock, everyMs, timeoutMs } = options;
  let abort = new AbortController();
  let tag: string | null = null;
  let cancel: Cancel = () => {};

  /** Resolves with why there will be no further poll; undefined: there will be. */
  const poll = async (): Promise<LinkEnd | undefined> => {
    const held = tag === null ? {} : { 'if-none-match': tag };
    const t = clock.monotonic();
    const response = await sendRequest({ ...options, signal: abort.signal }, held);
    onHeard();
    if (response.status === 304) {
      // What is held still holds, and so does what it says of its sources.
      onMessage({ type: 'PONG', t, server_time: '' }, 0);
      return undefined;
    }
    if (!response.ok) return await readRefusal(response);
    const text = await response.text();
    tag = response.headers.get('etag');
    onMessage(
      readPacket({ type: 'TELEMETRY', ...positionOf(tag), data: JSON.parse(text) }),
      utf8Length(text),
    );
    return undefined;
  };

  const run = (): void => {
    abort = new AbortController();
    cancel = clock.after(timeoutMs, () => abort.abort(new Error('no answer in time')));
    poll()
      .catch(requestFault)
      .then(
        (end) => {
          cancel();
          if (end !== undefined) onEnd(end);
          else if (!abort.signal.aborted) cancel = clock.after(everyMs, run);
        },
        () => {},
      );
  };
  run();

  return {
    close() {
      cancel();
      abort.abort();
    },
  };
}

/** The `ETag` is the position, unless a proxy took it or made one of its own: then the epoch is empty. */
function positionOf(tag: string | null): { readonly epoch: string; readonly seq: number } {
  const [, epoch = '', seq = 0] = /^(?:W\/)?"(.+)-(\d{1,15})"$/.exec(tag ?? '') ?? [];
  return { epoch, seq: Number(seq) };
}
