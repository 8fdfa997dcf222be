import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createTelemetryClient,
  type TelemetryClient,
  type TelemetryClientOptions,
} from '../../src/client/index.ts';
import type { WebSocketLike } from '../../src/client/types.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';

/** The gateway’s end of a WebSocket that is only objects, so that time can be the test’s. */
export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onerror: WebSocketLike['onerror'] = null;
  onclose: WebSocketLike['onclose'] = null;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: JsonObject[] = [];
  isClosed = false;

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.isClosed = true;
  }

  /** Messages of this type that the client sent. */
  sentOf(type: string): JsonObject[] {
    return this.sent.filter((message) => message.type === type);
  }

  open(): void {
    call(this.onopen, {});
  }

  /** Sends a frame: an object as JSON, anything else as it is. */
  say(message: unknown): void {
    const isPlain = typeof message === 'object' && message !== null && !ArrayBuffer.isView(message);
    call(this.onmessage, { data: isPlain ? JSON.stringify(message) : message });
  }

  welcome(data: JsonObject = { status: 'ACTIVE' }, seq = 1, epoch = 'e'): void {
    this.open();
    this.say({ type: 'WELCOME', seq, epoch, granted, data });
  }

  /** The connection ends, or was never made. */
  end(code = 1006, reason = ''): void {
    call(this.onclose, { code, reason });
  }

  refuse(message: string): void {
    call(this.onerror, { message });
    this.end();
  }
}

/** What a gateway says of its sources: of `state` this, and whatever else is given. */
export function sourcesOf(
  status: 'fresh' | 'stale' | 'down',
  state: JsonObject = {},
  others: JsonObject = {},
): JsonObject {
  return { state: { status, since: '2026-01-01T00:00:00.000Z', ...state }, ...others };
}

/** The document on the wire before the engine ever answered: zeros that are no figures. */
export function initialOf(error = 'nobody listens: ECONNREFUSED'): JsonObject {
  return {
    status: 'INITIALIZING',
    market: { symbol: '', price: 0 },
    portfolio: { daily_pnl: 0 },
    sources: sourcesOf('down', { error }),
  };
}

export const granted = { mode: 'delta', encoding: 'json', interval: 0, role: 'viewer', commands: false };

/** What is declared as taking `never` takes anything, as browsers do. */
function call(handler: WebSocketLike['onmessage'], event: object): void {
  if (handler !== null) Reflect.apply(handler, undefined, [event]);
}

export interface FakeGateway {
  readonly client: TelemetryClient;
  readonly clock: ManualClock;
  readonly sockets: readonly FakeSocket[];
  /** The newest one. */
  readonly socket: FakeSocket;
  /** URLs that were fetched; all of them fail. */
  readonly fetched: readonly string[];
  /** Lets time pass, and what waits for it happen. */
  advance(ms: number): Promise<void>;
}

/** A client whose connections, time and chance are the test’s. */
export async function connectToFake(options: Partial<TelemetryClientOptions> = {}): Promise<FakeGateway> {
  const sockets: FakeSocket[] = [];
  const fetched: string[] = [];
  const clock = createManualClock();
  const client = createTelemetryClient({
    url: 'https://gateway.example/prefix',
    clock,
    random: () => 0.999,
    WebSocket: class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    },
    fetch(url) {
      fetched.push(url);
      return Promise.reject(new TypeError('fetch failed'));
    },
    ...options,
  });
  await nextTurn();
  return {
    client,
    clock,
    sockets,
    fetched,
    get socket() {
      const last = sockets.at(-1);
      if (last === undefined) throw new Error('no socket was opened');
      return last;
    },
    async advance(ms) {
      clock.advance(ms);
      await nextTurn();
    },
  };
}
