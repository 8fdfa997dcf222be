import { backoffMs } from '../core/backoff.ts';
import type { Cancel } from '../core/clock.ts';
import {
  type ClientContext,
  type ClientTransport,
  type ConnectionEnd,
  GatewayConnection,
} from './connection.ts';

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
  /** How the last connection ended; empty where none did yet. */
  reason = '';
  /** Since when `live` is, monotonic ms. */
  #liveAt = 0;
  opening: GatewayConnection | undefined;
  #isRunning = false;
  #cancelWait: Cancel | undefined;

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
    this.reason = '';
    this.#stopWaiting();
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

  /** A connection ended, and not by this side's wish. */
  ended(connection: GatewayConnection, how: ConnectionEnd): void {
    const { reason, refusesToken, refusesView, retryAfterMs = 0 } = how;
    const { clock, random, timing, requests, events } = this.context;
    const isNew = connection === this.opening;
    if (isNew) this.opening = undefined;
    else if (connection === this.live) this.live = undefined;
    else return;
    if (refusesView && isNew) requests.refuse(refusesView);
    const wasSteady = !isNew && clock.monotonic() - this.#liveAt >= timing.steadyMs;
    this.failures = wasSteady ? 0 : this.failures + 1;
    this.reason = reason;
    if (this.opening === undefined) {
      const jitter = { baseMs: timing.backoffMs, maxMs: timing.backoffMaxMs, random };
      // With another token all is well at once; where that one does not last either, it is not the token.
      const waitMs = wasSteady && refusesToken ? 0 : backoffMs(Math.max(1, this.failures), jitter);
      this.#stopWaiting();
      // A proxy may ask for a day: it is not waited longer than for anything else.
      const askedMs = Math.min(retryAfterMs, jitter.maxMs);
      this.#cancelWait = clock.after(Math.max(waitMs, askedMs), () => this.#open());
    }
    events.onChange();
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
