import { backoffMs } from '../core/backoff.ts';
import type { Cancel } from '../core/clock.ts';
import {
  type ClientContext,
  type ClientTransport,
  type ConnectionEnd,
  GatewayConnection,
} from './connection.ts';
import type { ViewFault } from './requests.ts';
import { TelemetryError } from './telemetry-error.ts';

/**
 * Keeps one transport connected: while it runs, a connection is opened again and again until there is one, without
 * end.
 *
 * ```
 *            start          first document           ends
 *   stopped ───────> opening ───────────────> live ────────> waiting ──> opening …
 *                       └───── fails, times out ───────────────^
 * ```
 */
export class Reconnector {
  readonly transport: ClientTransport;
  readonly context: ClientContext;
  live: GatewayConnection | undefined;
  /** Connections in a row that did not last, up to the one that ended last. */
  failures = 0;
  /** How the last connection ended; undefined where none did yet. */
  last: ConnectionEnd | undefined;
  /** Since when `live` is, monotonic ms. */
  #liveAt = 0;
  opening: GatewayConnection | undefined;
  #isRunning = false;
  #cancelWait: Cancel | undefined;
  /** Ends the question why the last attempt failed. */
  #asking = new AbortController();

  constructor(transport: ClientTransport, context: ClientContext) {
    this.transport = transport;
    this.context = context;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#open();
  }

  stop(): void {
    this.#isRunning = false;
    this.failures = 0;
    this.last = undefined;
    this.#stopWaiting();
    this.#asking.abort();
    this.opening?.close();
    this.live?.close();
    this.opening = undefined;
    this.live = undefined;
  }

  /**
   * Opens a connection, with the options and the token of now. A live one stays in use until the new one gives its
   * first document.
   */
  renew(): void {
    if (this.#isRunning) this.#open();
  }

  /** Spares the rest of a wait; asks a live connection whether it lives. */
  wake(): void {
    if (this.#cancelWait !== undefined) this.#open();
    this.live?.ask();
  }

  /** A connection gave its first document. Returns the live one before it. */
  promote(connection: GatewayConnection): GatewayConnection | undefined {
    const replaced = this.live;
    this.opening = undefined;
    this.live = connection;
    this.#liveAt = this.context.clock.monotonic();
    return replaced;
  }

  /** A connection ended without having been closed from here. */
  ended(connection: GatewayConnection, how: ConnectionEnd): void {
    const { refuses, refusesView, retryAfterMs = 0 } = how;
    const { clock, random, timing, events } = this.context;
    const isNew = connection === this.opening;
    if (isNew) this.opening = undefined;
    else if (connection === this.live) this.live = undefined;
    else return;
    if (isNew) this.#refuseView(refusesView);
    // Where the next transport is tried, its answers say why.
    const isFirst = this.failures < this.transport.failuresBeforeNext;
    const asksWhy = isNew && how.isUnexplained && !refuses && isFirst;
    const wasSteady = !isNew && clock.monotonic() - this.#liveAt >= timing.steadyMs;
    this.failures = wasSteady ? 0 : this.failures + 1;
    // What was found out before still holds where it is not asked again.
    const reason = how.isUnexplained && !isFirst && this.last ? this.last.reason : how.reason;
    const end = this.#take({ ...how, reason }, connection);
    if (this.opening === undefined) {
      const jitter = { baseMs: timing.backoffMs, maxMs: timing.backoffMaxMs, random };
      // With another token all is well at once; where that one does not last either, it is not the token.
      let waitMs = backoffMs(Math.max(1, this.failures), jitter);
      // First the other transports may have a say.
      if (end.refuses) waitMs = jitter.maxMs;
      else if (wasSteady && refuses === 'unauthorized') waitMs = 0;
      this.#stopWaiting();
      // A proxy may ask for a day: it is not waited longer than for anything else.
      const askedMs = Math.min(retryAfterMs, jitter.maxMs);
      this.#cancelWait = clock.after(Math.max(waitMs, askedMs), () => this.#open());
    }
    if (asksWhy && this.live === undefined) this.#explain(end, connection);
    events.onChange();
  }

  #take(how: ConnectionEnd, { token }: GatewayConnection): ConnectionEnd {
    const { tokens } = this.context;
    const isForToken = how.refuses === 'unauthorized';
    if (isForToken) tokens.refuse(token);
    // Its provider may have a better one.
    this.last = isForToken && !tokens.isSpent ? { ...how, refuses: undefined } : how;
    return this.last;
  }

  /** Whoever asked for the view is told; where it was asked for from the start, whoever listens. */
  #refuseView(fault: ViewFault | undefined): void {
    const { requests, emitter } = this.context;
    if (!fault || requests.refuse(fault)) return;
    emitter.emit('error', new TelemetryError(...fault));
  }

  /** Meanwhile the next attempt may begin. */
  #explain(end: ConnectionEnd, connection: GatewayConnection): void {
    const { clock, events, timing } = this.context;
    this.#asking.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const cancel = clock.after(timing.connectMs, () => asking.abort());
    const takeMore = (found: Partial<ConnectionEnd>): void => {
      if (this.last !== end || this.live) return;
      this.#refuseView(found.refusesView);
      this.#take({ ...end, ...found }, connection);
      events.onChange();
    };
    this.transport
      .explain?.(connection.token, asking.signal)
      .finally(cancel)
      .then(takeMore, () => {});
  }

  #open(): void {
    this.#stopWaiting();
    this.opening?.close();
    this.opening = new GatewayConnection(this);
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}
