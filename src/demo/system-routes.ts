import { createCommands } from './commands.ts';
import type { Market } from './market.ts';
import { json, type Reply } from './reply.ts';
import type { RouteTable } from './route.ts';

/** The trading engine's own endpoints. `activePlans` completes the state document. */
export function systemRoutes(market: Market, activePlans: () => number): RouteTable {
  const commands = createCommands(market);

  function state(query: URLSearchParams): Reply {
    const symbol = query.get('symbol') ?? undefined;
    const document = market.state(symbol);
    if (document !== undefined) return json(200, { ...document, active_plans: activePlans() });
    return json(404, { error: 'unknown symbol', symbol: symbol?.slice(0, 40), symbols: market.symbols });
  }

  return {
    '/api/system/state/current': { GET: ({ query }) => state(query) },
    '/api/system/metrics/agents': { GET: () => json(200, market.agents()) },
    '/api/system/metrics/models': { GET: () => json(200, market.models()) },
    '/api/system/halt': { POST: ({ request }) => commands.halt(request) },
    '/api/system/resume': { POST: ({ request }) => commands.resume(request) },
    '/health': { GET: () => json(200, { status: 'ok' }) },
  };
}
