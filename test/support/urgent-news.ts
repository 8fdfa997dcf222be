import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { MemoryEvents } from '../../src/source/events.ts';
import { type Packet, valueAt } from './client.ts';
import { listed, startInstanceEngine } from './instance-engine.ts';
import type { ManualClock } from './manual-clock.ts';
import { startSymbolEngine } from './symbol-engine.ts';
import type { Resource } from './wait.ts';

/** What a test moves. */
export interface Hands {
  readonly events: MemoryEvents;
  readonly clock: ManualClock;
  /** The engine is gone from then on. */
  killEngine(): Promise<void>;
}

export interface UrgentNews {
  readonly what: string;
  cause(hands: Hands): void | Promise<void>;
  isTold(packet: Packet): boolean;
}

/** What the conformance suite must know of a dialect that has a state. */
export interface StateUnderTest {
  readonly name: string;
  /** Views of every kind, as WebSocket addresses, and as addresses of event streams. */
  readonly sockets: readonly string[];
  readonly streams: readonly string[];
  /** Starts what the gateway stands before. */
  startEngine(): Promise<Resource & { readonly url: string; stop(): Promise<void> }>;
  /** Addresses that answer 200 with `isReady` true once all is as it stays until something happens. */
  readonly twins: readonly string[];
  isReady(twin: JsonObject): boolean;
  /** Moves figures, which wait for their turn, more often than any rate allows. */
  move(hands: Hands): void;
  /** In this order. */
  readonly news: readonly UrgentNews[];
}

const combine = (...choices: readonly (readonly string[])[]): string[] =>
  choices.reduce<string[]>(
    (all, choice) => all.flatMap((one) => choice.map((more) => (more === '' ? one : `${one}&${more}`))),
    ['?'],
  );
const intervals = ['', 'interval=10000', 'interval=30000', 'interval=pause'];
const choices = [intervals, ['', 'mode=delta'], ['', 'sections=logs'], ['', 'symbol=QQQ']] as const;

/** What a packet says of the document, whole or as a change. */
const saidBy = ({ data, body: { patch } }: Packet): JsonObject => (isJsonObject(patch) ? patch : data);
const freshness = (document: JsonObject, source = 'state') => valueAt(document, 'sources', source, 'status');
const isFresh = (document: JsonObject): boolean =>
  ['state', 'agents', 'models'].every((source) => freshness(document, source) === 'fresh');

const telemetry: StateUnderTest = {
  name: 'telemetry',
  sockets: [
    ...combine(...choices, ['', 'encoding=msgpack']).map((query) => `/${query}`),
    '/ws/stream?interval=30000',
  ],
  streams: combine(...choices).map((query) => `/api/stream/telemetry${query}`),
  startEngine: startSymbolEngine,
  twins: ['/api/telemetry', '/api/telemetry?symbol=QQQ'],
  isReady: isFresh,
  move({ events }) {
    for (let price = 1; price <= 10; price += 1) {
      for (const symbol of ['SPY', 'QQQ']) {
        const change = { logs: [`${price}`], market: { symbol, price } };
        events.publish('state_update', JSON.stringify(change));
      }
    }
  },
  news: [
    {
      what: 'that the engine is halted',
      cause({ events }) {
        for (const symbol of ['SPY', 'QQQ'])
          events.publish('state_update', JSON.stringify({ status: 'HALT', market: { symbol } }));
      },
      isTold: (packet) => saidBy(packet).status === 'HALT',
    },
    {
      what: 'that the engine is dead',
      async cause({ clock, killEngine }) {
        await killEngine();
        // Two periods without an answer, and what is gathered.
        clock.advance(2000 + 25);
      },
      isTold: (packet) => ['stale', 'down'].includes(String(freshness(saidBy(packet)))),
    },
  ],
};

const diagnostics: StateUnderTest = {
  name: 'diagnostics',
  sockets: ['/ws/diagnostics'],
  streams: [],
  startEngine: startSymbolEngine,
  twins: ['/api/telemetry'],
  isReady: isFresh,
  move({ events }) {
    for (let tokens = 1; tokens <= 10; tokens += 1)
      events.publish('diagnostics:llm', JSON.stringify({ llm_total_tokens: tokens }));
  },
  news: [
    {
      what: 'that the engine is dead',
      async cause({ clock, killEngine }) {
        await killEngine();
        // The next poll, and the time that it has.
        clock.advance(1000 + 900);
      },
      isTold: ({ type, data }) => type === 'telemetry' && Number(data.success_rate) < 100,
    },
  ],
};

const instances: StateUnderTest = {
  name: 'streams',
  sockets: ['/ws/instances'],
  streams: [],
  startEngine: () => startInstanceEngine([listed('a')]),
  twins: [],
  isReady: () => true,
  move({ events }) {
    for (let pid = 1; pid <= 10; pid += 1)
      events.publish(
        'instance_events',
        JSON.stringify({ type: 'status_changed', name: 'a', status: 'busy', pid }),
      );
  },
  news: [
    {
      what: 'that an instance has failed',
      cause: ({ events }) =>
        events.publish(
          'instance_events',
          JSON.stringify({ type: 'status_changed', name: 'a', status: 'failed', pid: null }),
        ),
      isTold: ({ body }) => body.type === 'status_changed' && body.status === 'failed',
    },
  ],
};

export const states: readonly StateUnderTest[] = [telemetry, diagnostics, instances];
