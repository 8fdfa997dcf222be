import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../core/clock.ts';
import type { Transport, TransportEvents } from '../deliver/transport.ts';
import type { Message } from '../encode/message.ts';
import { createForm } from './form.ts';

export const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Otherwise nginx would gather events until its buffer is full.
  'x-accel-buffering': 'no',
} as const;
/** What a browser waits before it reconnects, in ms (WHATWG HTML §9.2.2). */
const retryLine = Buffer.from('retry: 2000\n\n');
/** A comment: keeps proxies from closing a quiet stream, and tells us of a dead connection. */
const comment = Buffer.from(': keepalive\n\n');
/** What is still to be sent has this long to leave; a client that reads nothing would keep it for ever. */
const closeTimeoutMs = 5000;
/** A normal end (RFC 6455 §7.4.1): Server-Sent Events have no close codes of their own. */
const normalEnd = 1000;

/**
 * A message as a Server-Sent Event. Its id is the position, which a browser sends back as `Last-Event-ID`; it has no
 * name, so that `onmessage` sees it (WHATWG HTML §9.2). What is said must be one line of text: JSON is.
 */
const eventOf = createForm(({ position, payload }) => {
  const id = position === undefined ? '' : `id: ${position}\n`;
  return Buffer.concat([Buffer.from(`${id}data: `), payload, Buffer.from('\n\n')]);
});

/** A stream of Server-Sent Events. The client says nothing, so it is never silent. */
export function createEventStream(response: ServerResponse, clock: Clock): Transport {
  let events: TransportEvents | undefined;
  let refused = false;
  let waiting = false;
  let ended = false;
  let cancelDestroy: Cancel = () => {};

  const drained = (): void => {
    waiting = false;
    if (!refused || ended) return;
    refused = false;
    events?.onDrain();
  };
  const write = (bytes: Buffer): void => {
    response.write(bytes, (error) => {
      if (waiting && (error === null || error === undefined) && response.writableLength === 0) drained();
    });
    waiting = response.writableLength > 0;
  };
  const send = (message: Message): number => {
    if (ended) return 0;
    if (waiting) {
      refused = true;
      return 0;
    }
    const event = eventOf(message);
    write(event);
    return event.length;
  };

  return {
    kind: 'event-stream',
    roundTripMs: undefined,
    get open() {
      return !ended;
    },
    get heardAt() {
      return clock.monotonic();
    },
    start(listeners) {
      events = listeners;
      response.writeHead(200, eventStreamHeaders);
      response.socket?.setNoDelay(true);
      write(retryLine);
      response.on('close', () => {
        if (ended && events === undefined) return;
        ended = true;
        cancelDestroy();
        const listening = events;
        events = undefined;
        listening?.onEnd({ code: normalEnd });
      });
      response.on('error', () => response.destroy());
    },
    canTake() {
      if (waiting) refused = true;
      return !waiting && !ended;
    },
    offer: send,
    answer: send,
    probe() {
      if (!ended && !waiting) write(comment);
    },
    pause: () => {},
    resume: () => {},
    close() {
      if (ended) return;
      ended = true;
      response.end();
      cancelDestroy = clock.after(closeTimeoutMs, () => response.destroy());
    },
    terminate() {
      ended = true;
      response.destroy();
    },
  };
}
