import type { Chain } from './chain.ts';
import type { ClientContext, ClientTransport, GatewayConnection } from './connection.ts';
import { openEventStream } from './event-stream.ts';
import type { ClientSettings } from './options.ts';
import { openPolling } from './polling.ts';
import { Reconnector } from './reconnector.ts';
import type { TransportName } from './types.ts';
import type { AskedView } from './view.ts';
import { openWebSocket } from './websocket.ts';

/**
 * The transports, best first. One runs while no better one is live and all better ones keep failing; those go on
 * trying, and the first of them that is live again stops it.
 */
export class FallbackChain implements Chain {
  readonly #reconnectors: readonly Readonly<Reconnector>[];

  constructor(transports: readonly ClientTransport[], context: ClientContext) {
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

  /** Of the transports that failed, in their order. */
  get reasons(): string {
    const failing = this.#reconnectors.filter(({ live, reason }) => live === undefined && reason !== '');
    return failing.map(({ transport, reason }) => `${transport.name}: ${reason}`).join('; ');
  }

  update(): void {
    let isNeeded = true;
    for (const reconnector of this.#reconnectors) {
      if (isNeeded) reconnector.start();
      else reconnector.stop();
      const { live, failures, transport } = reconnector;
      isNeeded &&= live === undefined && failures >= transport.failuresBeforeNext;
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
    for (const reconnector of this.#reconnectors) reconnector.wake();
  }

  restart(): void {
    for (const reconnector of this.#reconnectors) reconnector.stop();
  }

  close(): void {
    this.restart();
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
  const transports: ClientTransport[] = [];
  if (WebSocket) {
    transports.push({
      name: 'websocket',
      failuresBeforeNext: 3,
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
        open: (token, connection) =>
          openEventStream({ fetch, url: url('sse', 'api/stream/telemetry'), token }, connection),
        // Comments come whatever the interval is.
        staleMs: () => Math.max(timing.staleMs ?? 0, missedRepeats * commentMs),
      },
      {
        name: 'polling',
        failuresBeforeNext: Infinity,
        open: (token, connection) =>
          openPolling({ fetch, url: url('polling', 'api/telemetry'), token }, connection, {
            clock,
            everyMs: Math.max(timing.pollMs, intervalMs()),
            timeoutMs: timing.connectMs,
          }),
      },
    );
  }
  return transports;
}
