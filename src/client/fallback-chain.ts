import type { Cancel } from '../core/clock.ts';
import type { Chain } from './chain.ts';
import type {
  ClientContext,
  ClientTransport,
  ConnectionEnd,
  GatewayConnection,
  Refusal,
} from './connection.ts';
import { openEventStream } from './event-stream.ts';
import { explain } from './explain.ts';
import type { ClientSettings } from './options.ts';
import { openPolling } from './polling.ts';
import { Reconnector } from './reconnector.ts';
import type { TransportName } from './types.ts';
import type { AskedView } from './view.ts';
import { openWebSocket } from './websocket.ts';

/** A refusal of the gateway's own stands for so many of the longest waits. */
const refusalWaits = 10;

/**
 * The transports, best first. One runs while no better one is live and all better ones keep failing; those go on
 * trying, and the first of them that is live again stops it.
 *
 * Where the client is refused they all stop: on the gateway's word, on that of whatever answers instead where it is
 * the same by every transport, or on a guess as long as there never was a connection. Then all begins anew after a
 * long wait, as nobody may be there to mend it.
 */
export class FallbackChain implements Chain {
  readonly #context: ClientContext;
  readonly #reconnectors: readonly Readonly<Reconnector>[];
  #wasLive: boolean;
  /** Why, until something else is known. */
  #refusal: { readonly state: Refusal; readonly reasons: string } | undefined;
  /** While nothing is tried, as it is refused. */
  #cancelWait: Cancel | undefined;

  /** @param wasLive whether there was a connection before, of a chain that this one follows */
  constructor(transports: readonly ClientTransport[], context: ClientContext, wasLive = false) {
    this.#context = context;
    this.#wasLive = wasLive;
    this.#reconnectors = transports.map((transport) => new Reconnector(transport, context));
  }

  /** The live connection of the best transport that has one. */
  get live(): GatewayConnection | undefined {
    return this.#best?.live;
  }

  get socket(): GatewayConnection | undefined {
    const { live } = this;
    return live?.send && live;
  }

  get isOpening(): boolean {
    return this.#reconnectors.some(({ opening }) => opening !== undefined);
  }

  get refusal(): Refusal | undefined {
    return this.#refusal?.state;
  }

  /** Why transports that run are not live, of those that failed, in their order; or why the client is refused. */
  get reasons(): string {
    if (this.#refusal) return this.#refusal.reasons;
    const failing = this.#reconnectors.filter(({ live }) => live === undefined);
    return failing
      .flatMap(({ transport, last }) => (last ? `${transport.name}: ${last.reason}` : []))
      .join('; ');
  }

  update(): void {
    if (this.#cancelWait) return;
    const isLive = this.live !== undefined;
    this.#wasLive ||= isLive;
    const ends = this.#reconnectors.flatMap(({ last }) => last ?? []);
    if (isLive || ends.length > 0) this.#refusal = undefined;
    const refusals = ends.filter(({ refuses, word }) => refuses && !(word === 'guess' && this.#wasLive));
    const isUnanimous = refusals.length === this.#reconnectors.length;
    const final = refusals.find(({ word }) => word ?? isUnanimous);
    if (final && !isLive) {
      this.#giveUp(final);
      return;
    }
    let isNeeded = true;
    for (const reconnector of this.#reconnectors) {
      if (isNeeded) reconnector.start();
      else reconnector.stop();
      const { live, last, failures, transport } = reconnector;
      const isRefused = last !== undefined && refusals.includes(last);
      isNeeded &&= live === undefined && (isRefused || failures >= transport.failuresBeforeNext);
    }
  }

  subscribe(message: object): GatewayConnection | undefined {
    const { socket } = this;
    // A connection that is being opened asks for the view from before this change.
    if (!socket || this.isOpening) this.renew();
    socket?.send?.(message);
    return socket;
  }

  /** By the live connection, or by a new one where that has no way back or `isStuck`. */
  askForWhole(isStuck: boolean): void {
    const send = this.live?.send;
    if (isStuck || !send) this.#best?.renew();
    else send({ type: 'RESYNC' });
  }

  renew(): void {
    for (const reconnector of this.#reconnectors) reconnector.renew();
  }

  wake(): void {
    if (this.#cancelWait) {
      this.#cancelWait();
      this.#cancelWait = undefined;
      this.update();
    }
    for (const reconnector of this.#reconnectors) reconnector.wake();
  }

  stop(): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#refusal = undefined;
    for (const reconnector of this.#reconnectors) reconnector.stop();
  }

  #giveUp({ refuses, word }: ConnectionEnd): void {
    const { reasons } = this;
    const { clock, random, timing } = this.#context;
    this.stop();
    this.#refusal = refuses && { state: refuses, reasons };
    const mostMs = timing.backoffMaxMs * (word === 'gateway' ? refusalWaits : 1);
    this.#cancelWait = clock.after((mostMs * (1 + random())) / 2, () => this.wake());
  }

  get #best(): Readonly<Reconnector> | undefined {
    return this.#reconnectors.find(({ live }) => live !== undefined);
  }
}

/**
 * What the gateway says at least so often, even where nothing changes: a packet, as long as the engine's state is
 * fresh (beyond that silence is no fault, and PINGs tell), or an SSE comment.
 */
const packetMs = 5000;
const commentMs = 15_000;
const missedRepeats = 3;
/** From one poll to the next while the view is paused: no urgent news comes by itself. */
const pausedPollMs = 10_000;

/**
 * The transports that this platform has, best first.
 *
 * @param since `<epoch>-<seq>` of what is held; undefined where the whole document is wanted
 */
export function transportsOf(
  { WebSocket, fetch, codec, clock, timing, base }: ClientSettings,
  view: AskedView,
  since: () => string | undefined,
): readonly ClientTransport[] {
  const url = (transport: TransportName, path: string): string => {
    const target = new URL(path, base);
    target.search = view.query(transport, since());
    if (transport === 'websocket') target.protocol = target.protocol.replace('http', 'ws');
    return target.href;
  };
  const intervalMs = (): number => {
    const { interval } = view.wanted();
    return typeof interval === 'number' ? interval : 0;
  };
  const pollMs = (): number =>
    view.wanted().interval === 'pause' ? pausedPollMs : Math.max(timing.pollMs, intervalMs());
  const transports: ClientTransport[] = [];
  const why: ClientTransport['explain'] =
    fetch &&
    (async (token, signal) => {
      const asked = url('polling', 'api/telemetry');
      const found = await explain({ fetch, url: asked, token, signal });
      // What is wrong with a view is no fault of the one asked for meanwhile.
      return asked === url('polling', 'api/telemetry') ? found : {};
    });
  if (WebSocket) {
    transports.push({
      name: 'websocket',
      failuresBeforeNext: 3,
      explain: why,
      open: (token, connection) =>
        openWebSocket({ WebSocket, url: url('websocket', 'ws/stream'), token, codec }, connection),
      staleMs: () => timing.staleMs ?? missedRepeats * Math.max(packetMs, intervalMs()),
    });
  }
  if (fetch) {
    transports.push(
      {
        name: 'sse',
        failuresBeforeNext: 1,
        explain: why,
        open: (token, connection) =>
          openEventStream({ fetch, url: url('sse', 'api/stream/telemetry'), token }, connection),
        // Comments come whatever the interval is.
        staleMs: () => Math.max(timing.staleMs ?? 0, missedRepeats * commentMs),
      },
      {
        name: 'polling',
        failuresBeforeNext: Infinity,
        explain: why,
        open: (token, connection) =>
          openPolling({ fetch, url: url('polling', 'api/telemetry'), token }, connection, {
            clock,
            everyMs: pollMs(),
            timeoutMs: timing.connectMs,
          }),
      },
    );
  }
  return transports;
}
