import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createCommands } from './commands.ts';
import { type DemoLog, messageOf } from './demo-log.ts';
import type { FaultControl } from './fault.ts';
import { createFaultAnswers } from './fault-answer.ts';
import type { Market } from './market.ts';
import { badField, json, type Reply, readJson, send } from './reply.ts';

type Handler = (request: IncomingMessage, query: URLSearchParams) => Reply | Promise<Reply>;
type Route = Partial<Record<'GET' | 'POST', Handler>>;

const FAULT_PATH = '/demo/fault';

/** The engine's endpoints, and `/demo/fault`, which no fault ever touches. */
export function createRoutes(market: Market, faults: FaultControl, log: DemoLog): RequestListener {
  const commands = createCommands(market);
  const faultAnswer = createFaultAnswers();

  const routes = new Map<string, Route>([
    ['/api/system/state/current', { GET: (_request, query) => state(market, query) }],
    ['/api/system/metrics/agents', { GET: () => json(200, market.agents()) }],
    ['/api/system/metrics/models', { GET: () => json(200, market.models()) }],
    ['/api/system/halt', { POST: commands.halt }],
    ['/api/system/resume', { POST: commands.resume }],
    ['/health', { GET: () => json(200, { status: 'ok' }) }],
    [FAULT_PATH, { GET: () => json(200, { faults: faults.list() }) }],
  ]);

  async function answer(request: IncomingMessage, url: URL): Promise<Reply> {
    const route = routes.get(url.pathname);
    if (route === undefined) return json(404, { error: 'not found', path: url.pathname });
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const handler = method === 'GET' || method === 'POST' ? route[method] : undefined;
    return handler === undefined ? wrongMethod(Object.keys(route)) : handler(request, url.searchParams);
  }

  /** The answer goes out before the fault begins: `stop` would destroy the connection it is to go through. */
  async function changeFault(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    if (!body.ok) return send(response, body.refusal);
    const { value } = body;
    const stops = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'stop';
    const refusal = stops ? faults.check(value) : faults.apply(value);
    if (refusal !== undefined) return send(response, badField(refusal.field, refusal.message));
    if (!stops) return send(response, json(200, { faults: faults.list() }));
    response.once('close', () => faults.apply(value));
    send(response, json(200, { stopping: true, faults: faults.list() }, { connection: 'close' }));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    if (url === undefined) return send(response, badField('url', 'the request target must be a path'));
    if (url.pathname === FAULT_PATH) {
      if (request.method === 'POST') return changeFault(request, response);
      if (request.method !== 'GET') return send(response, wrongMethod(['GET', 'POST']));
    }
    const fault = url.pathname.startsWith('/demo/') ? undefined : faults.find(url.pathname);
    const instead = fault === undefined ? undefined : faultAnswer(fault, url.pathname);
    if (instead === 'hang') return;
    const reply = instead ?? (await answer(request, url));
    if (fault?.kind !== 'slow') return send(response, reply);
    // The answer is made now and sent late, as on a slow line: a command has its effect although its answer
    // is long in coming, and a state is already old when it arrives.
    const timer = setTimeout(() => send(response, reply), fault.delayMs);
    response.once('close', () => clearTimeout(timer));
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!request.destroyed) log.warn({ error: messageOf(error) }, 'demo engine request failed');
      response.destroy();
    });
  };
}

function state(market: Market, query: URLSearchParams): Reply {
  const symbol = query.get('symbol') ?? undefined;
  const document = market.state(symbol);
  if (document !== undefined) return json(200, document);
  return json(404, { error: 'unknown symbol', symbol: symbol?.slice(0, 40), symbols: market.symbols });
}

function wrongMethod(methods: readonly string[]): Reply {
  const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return json(405, { error: 'method not allowed', allowed: allow }, { allow: allow.join(', ') });
}

function urlOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '';
  if (!target.startsWith('/')) return undefined;
  // A base and a concatenation, not `new URL(target, base)`: there `//host` would name a host.
  return URL.canParse(`http://engine${target}`) ? new URL(`http://engine${target}`) : undefined;
}
