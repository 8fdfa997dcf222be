import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type DemoLog, messageOf } from './demo-log.ts';
import type { FaultControl } from './fault.ts';
import { createFaultAnswers } from './fault-answer.ts';
import { badField, json, type Reply, readJson, send } from './reply.ts';
import { createRouteFinder, methods, type RouteTable } from './route.ts';

const faultPath = '/demo/fault';

/** Answers by this table, unless a fault stands in the way, and on `/demo/fault`, which no fault ever touches. */
export function createRoutes(table: RouteTable, faults: FaultControl, log: DemoLog): RequestListener {
  const faultAnswer = createFaultAnswers();
  const find = createRouteFinder({
    ...table,
    [faultPath]: { GET: () => json(200, { faults: faults.list() }) },
  });

  async function answer(request: IncomingMessage, { pathname, searchParams: query }: URL): Promise<Reply> {
    const found = find(pathname);
    if (found === undefined) return json(404, { error: 'not found', path: pathname });
    const { route, name } = found;
    const method = methods.find((known) => known === (request.method === 'HEAD' ? 'GET' : request.method));
    const handler = method && route[method];
    return handler === undefined ? wrongMethod(Object.keys(route)) : handler({ request, query, name });
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
    if (url.pathname === faultPath) {
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
