import type { Page } from 'playwright-core';
import type { JsonObject } from '../../src/core/json.ts';
import { initialDocument } from '../../src/protocol/telemetry/document/shape.ts';

/** What the page is sent in place of a real gateway's packets, so that any situation can be staged at once. */
export interface StagedGateway {
  /** Sends this document, now and to each connection from now on. */
  show(document: JsonObject): void;
  /** Says no more, and keeps the connection. */
  hang(): void;
}

const granted = { mode: 'full', encoding: 'json', interval: 0, role: 'operator', commands: true };

/** Call it before the page is opened. */
export async function stageGateway(page: Page, first: JsonObject): Promise<StagedGateway> {
  let data = first;
  let seq = 1;
  let hangs = false;
  let send: (packet: JsonObject) => void = () => {};
  await page.routeWebSocket(/\/ws\/stream/, (socket) => {
    send = (packet) => {
      if (!hangs) socket.send(JSON.stringify(packet));
    };
    socket.onMessage((text) => {
      const { type, t = 0 }: { readonly type?: string; readonly t?: number } = JSON.parse(`${text}`);
      if (type === 'PING') send({ type: 'PONG', t, server_time: new Date().toISOString() });
    });
    send({ type: 'WELCOME', seq, epoch: 'staged', granted, data });
  });
  await page.route(/\/api\/telemetry\/history/, (route) => route.fulfill({ json: [] }));
  return {
    show(document) {
      data = document;
      seq += 1;
      send({ type: 'TELEMETRY', seq, data });
    },
    hang() {
      hangs = true;
    },
  };
}

const since = (): string => new Date(Date.now() - 12_000).toISOString();

type Status = 'fresh' | 'stale' | 'down';

/** What a gateway says of its sources: of `state` this, of the others the same or fresh. */
function sourcesOf(status: Status, more: JsonObject = {}, others: Status = status): JsonObject {
  const at = since();
  return {
    state: { status, since: at, ...more },
    agents: { status: others, since: at },
    models: { status: others, since: at },
  };
}

const figures = (): JsonObject => ({
  timestamp: new Date().toISOString(),
  status: 'ACTIVE',
  market: {
    symbol: 'SPY',
    price: 450.31,
    alpha: 2.05,
    regime: 'Lévy Stable',
    velocity: 0.12,
    acceleration: -0.01,
  },
  portfolio: { nav: 101_261.25, cash: 40_000, daily_pnl: 1261.25, max_drawdown: -0.021 },
  signal: { side: 'BUY', confidence: 0.73, reasoning: 'Velocity and tail index agree.' },
  governance: { approved_size: 0.05 },
  logs: [
    { level: 'INFO', message: 'order filled', timestamp: new Date().toISOString() },
    { level: 'WARNING', message: 'a line whose time cannot be read', timestamp: 'half past nine' },
  ],
  agents: { Scout: { latency_ms: 12.5, success_rate: 0.98 }, Macro: { latency_ms: 31, success_rate: 0.9 } },
  models: { Kronos: { latency_ms: 40, invocations: 1200 } },
});

const haltedAt = since();
const haltOf = (): JsonObject => ({ by: 'ann', role: 'operator', reason: 'drill', at: haltedAt });

/** Documents for each thing that may be wrong with what the page is told. */
export const stages = {
  fresh: () => ({ ...figures(), sources: sourcesOf('fresh') }),
  halted: () => ({ ...figures(), status: 'HALT', sources: sourcesOf('fresh', { halt: haltOf() }) }),
  contradicted: () => ({
    ...figures(),
    sources: sourcesOf('fresh', { halt: haltOf(), contradicted: true }),
  }),
  'stale-live': () => ({
    ...figures(),
    sources: sourcesOf(
      'stale',
      { error: 'no complete answer in 900 ms', live: ['market.price', 'market.symbol'] },
      'fresh',
    ),
  }),
  'standing-still': () => ({
    ...figures(),
    sources: sourcesOf(
      'stale',
      { error: `the engine answers, but its timestamp stands still since ${since()}` },
      'fresh',
    ),
  }),
  initializing: () => ({
    ...initialDocument(Date.now()),
    sources: sourcesOf('down', { error: 'nobody listens there: ECONNREFUSED' }),
  }),
  down: () => ({
    ...figures(),
    sources: sourcesOf('down', { error: 'nobody listens there: ECONNREFUSED' }),
  }),
  'odd-values': () => ({
    ...figures(),
    timestamp: null,
    status: null,
    market: { symbol: 'SPY', price: null, alpha: 2.05, regime: null, velocity: 0.12, acceleration: -0.01 },
    sources: sourcesOf('fresh', {
      notes: ['status: expected text, got a number', 'market.price: expected a number, got text'],
    }),
  }),
} satisfies Record<string, () => JsonObject>;
