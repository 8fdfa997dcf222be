import { createServer } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';
import type { Resource } from './wait.ts';

/** An engine over real HTTP that knows some symbols, and counts what it is asked. */
export interface SymbolEngine extends Resource {
  readonly url: string;
  /** Requests for the state of a symbol; of '' for the default one. */
  requests(symbol: string): number;
  /** From now on the engine knows this symbol; `undefined` makes it forget. '' is the default document. */
  set(symbol: string, state: JsonObject | undefined): void;
  setAgents(agents: JsonObject): void;
  stop(): Promise<void>;
}

/** A state as engines give it, of one symbol. */
export function stateOf(symbol: string, price: number): JsonObject {
  return {
    timestamp: '2026-01-01T12:00:00.000Z',
    status: 'ACTIVE',
    market: { symbol, price, alpha: 0.5, regime: 'calm', velocity: 0, acceleration: 0 },
    portfolio: { nav: 1000, cash: 10, daily_pnl: 0, max_drawdown: 0 },
    logs: [],
  };
}

/** It knows SPY, which is its default, and QQQ. */
export async function startSymbolEngine(): Promise<SymbolEngine> {
  const states = new Map<string, JsonObject>([
    ['', stateOf('SPY', 500)],
    ['SPY', stateOf('SPY', 500)],
    ['QQQ', stateOf('QQQ', 400)],
  ]);
  const asked = new Map<string, number>();
  let agents: JsonObject = { scout: { score: 1 } };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
    const reply = (status: number, body: JsonObject): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname.endsWith('/agents')) return reply(200, agents);
    if (!pathname.endsWith('/state/current')) return reply(200, {});
    const symbol = searchParams.get('symbol') ?? '';
    asked.set(symbol, (asked.get(symbol) ?? 0) + 1);
    const state = states.get(symbol);
    return state === undefined ? reply(404, { error: 'no such symbol' }) : reply(200, state);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: (symbol) => asked.get(symbol) ?? 0,
    set(symbol, state) {
      if (state === undefined) states.delete(symbol);
      else states.set(symbol, state);
    },
    setAgents(next) {
      agents = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
