import { backoffMs } from '../core/backoff.ts';
import type { Cancel } from '../core/clock.ts';
import {
  type ClientTransport,
  type ConnectionContext,
  type ConnectionEnd,
  GatewayConnection,
} from './connection.ts';
import type { PacketRead } from './server-packet.ts';

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
  readonly #context: ConnectionContext;
  #isRunning = false;
  #opening: GatewayConnection | undefined;
  #live: GatewayConnection | undefined;
  #cancelWait: Cancel | undefined;
  #failures = 0;
  #reason = '';

  constructor(transport: ClientTransport, context: ConnectionContext) {
    this.transport = transport;
    this.#context = context;
  }

  get live(): GatewayConnection | undefined {
    return this.#live;
  }

  /** Connections in a row that did not last, up to the one that ended last. */
  get failures(): number {
    return this.#failures;
  }

  /** How the last connection ended; empty where none did yet. */
  get reason(): string {
    return this.#reason;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#open();
  }

  stop(): void {
    this.#isRunning = false;
    this.#failures = 0;
    this.#reason = '';
    this.#stopWaiting();
    this.#opening?.close();
    this.#live?.close();
    this.#opening = undefined;
    this.#live = undefined;
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
    this.#live?.ask();
  }

  /** A connection was told something; `isFirst`: its first document, which makes it the live one. */
  took(connection: GatewayConnection, message: PacketRead, bytes: number, isFirst: boolean): void {
    const { events } = this.#context;
    const replaced = isFirst ? this.#live : undefined;
    if (isFirst) {
      replaced?.replace();
      this.#opening = undefined;
      this.#live = connection;
    }
    events.onMessage(message, bytes, connection);
    if (isFirst && this.#live === connection) events.onLive(connection.transport, replaced);
    else replaced?.close();
  }

  /** A connection ended, and not by this side's wish. */
  ended(connection: GatewayConnection, how: ConnectionEnd, lastedMs: number): void {
    const { reason, refusesToken, refusesView, retryAfterMs = 0 } = how;
    const { settings, events } = this.#context;
    const { clock, random, timing } = settings;
    const isNew = connection === this.#opening;
    if (isNew) this.#opening = undefined;
    else if (connection === this.#live) this.#live = undefined;
    else return;
    if (refusesView && isNew) events.onRefused(refusesView);
    const wasSteady = lastedMs >= timing.steadyMs;
    this.#failures = wasSteady ? 0 : this.#failures + 1;
    this.#reason = reason;
    if (this.#opening === undefined) {
      const jitter = { baseMs: timing.backoffMs, maxMs: timing.backoffMaxMs, random };
      // With another token all is well at once; where that one does not last either, it is not the token.
      const waitMs = wasSteady && refusesToken ? 0 : backoffMs(Math.max(1, this.#failures), jitter);
      this.#stopWaiting();
      // A proxy may ask for a day: it is not waited longer than for anything else.
      const askedMs = Math.min(retryAfterMs, jitter.maxMs);
      this.#cancelWait = clock.after(Math.max(waitMs, askedMs), () => this.#open());
    }
    events.onChange();
  }

  #open(): void {
    this.#stopWaiting();
    this.#opening?.close();
    this.#opening = new GatewayConnection(this.transport, this.#context, this);
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}
