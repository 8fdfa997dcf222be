import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../core/clock.ts';
import type { Transport, TransportEvents } from '../deliver/transport.ts';
import { createForm, type Message } from '../encode/message.ts';

export const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Otherwise nginx would gather events until its buffer is full.
  'x-accel-buffering': 'no',
} as const;
/** What a browser waits before it reconnects, in ms (WHATWG HTML §9.2.2). */
const retryLine = Buffer.from('retry: 2000\n\n');
/** A comment: keeps proxies from closing a quiet stream, and finds dead connections. */
const comment = Buffer.from(': keepalive\n\n');
/** How long what was written has to leave before the connection is cut: a client may read nothing. */
const closeTimeoutMs = 5000;
/** A normal end (RFC 6455 §7.4.1): Server-Sent Events have no close codes of their own. */
const normalEnd = 1000;

/**
 * A message as a Server-Sent Event. Its id is the position, which a browser sends back as `Last-Event-ID`; it has no
 * name, so that `onmessage` sees it (WHATWG HTML §9.2.6). One with a name is no state to resume from, so it leaves the
 * browser the id that it has. The payload must be one line of text, as JSON is.
 */
const eventOf = createForm(({ streamEvent, position, payload }) => {
  const id = position === undefined ? '' : `id: ${position}\n`;
  const head = streamEvent === undefined ? id : `event: ${streamEvent}\n`;
  return Buffer.concat([Buffer.from(`${head}data: `), payload, Buffer.from('\n\n')]);
});

/** A stream of Server-Sent Events. The client says nothing, so it is never silent. */
export class EventStreamTransport implements Transport {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  /** Undefined before `start` and after `onEnd`. */
  #events: TransportEvents | undefined;
  /** A write waits in this process. */
  #waiting = false;
  /** An offer was refused: the session is to be told when it may try again. */
  #refused = false;
  #ended = false;
  #cancelDestroy: Cancel | undefined;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  get kind(): 'event-stream' {
    return 'event-stream';
  }

  get open(): boolean {
    return !this.#ended;
  }

  get heardAt(): number {
    return this.#clock.monotonic();
  }

  get roundTripMs(): undefined {
    return undefined;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    const response = this.#response;
    response.writeHead(200, eventStreamHeaders);
    response.socket?.setNoDelay(true);
    this.#write(retryLine);
    response.on('close', () => this.#onClosed());
    response.on('error', () => response.destroy());
  }

  #onClosed(): void {
    this.#ended = true;
    this.#cancelDestroy?.();
    const events = this.#events;
    this.#events = undefined;
    events?.onEnd({ code: normalEnd });
  }

  canTake(): boolean {
    if (this.#waiting) this.#refused = true;
    return !this.#waiting && !this.#ended;
  }

  offer(message: Message): number {
    if (this.#ended || !this.canTake()) return 0;
    const event = eventOf(message);
    this.#write(event);
    return event.length;
  }

  answer(message: Message): number {
    return this.offer(message);
  }

  probe(): void {
    if (!this.#ended && !this.#waiting) this.#write(comment);
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#response.end();
    this.#cancelDestroy = this.#clock.after(closeTimeoutMs, () => this.#response.destroy());
  }

  terminate(): void {
    this.#ended = true;
    this.#response.destroy();
  }

  #write(bytes: Buffer): void {
    const response = this.#response;
    response.write(bytes, (error) => {
      const isFlushed = (error === null || error === undefined) && response.writableLength === 0;
      if (this.#waiting && isFlushed) this.#onFlushed();
    });
    this.#waiting = response.writableLength > 0;
  }

  #onFlushed(): void {
    this.#waiting = false;
    if (!this.#refused || this.#ended) return;
    this.#refused = false;
    this.#events?.onDrain();
  }
}
