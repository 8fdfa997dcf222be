import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Fault } from './fault.ts';

/** Over the 5 MiB that a client of an engine may be expected to refuse. */
const hugeBytes = 5.25 * 1024 * 1024;

/** None of them is a JSON object. */
const malformedBodies: readonly [string, ...string[]] = [
  '{"timestamp":"2025-12-21T12:00:00Z","market":{"symbol":"SPY","pri',
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
  '',
  '[1,2,3]',
  '"engine"',
  '{"a":}',
];

const jsonType = { 'content-type': 'application/json' };

/** Another host, and yet one that never leaves the machine should somebody follow it. */
const elsewhere = 'http://127.0.0.2:9';

type WrongAnswer = (c: Context) => Response;

const redirect: WrongAnswer = (c) =>
  c.json({ moved: true }, 302, { location: elsewhere + new URL(c.req.url).pathname });

/** `market` as a string, `agents` as a number, a redirect, a price as a string, a list for an object. */
const wrongState: readonly [WrongAnswer, ...WrongAnswer[]] = [
  (c) => c.json({ timestamp: new Date(0).toISOString(), status: 'ACTIVE', market: 'SPY 450.32' }),
  (c) => c.json({ timestamp: 'yesterday', status: 7, market: { symbol: 'SPY', price: '450.32' } }),
  redirect,
  (c) => c.json({ status: 'ACTIVE', market: { symbol: 'SPY', price: 450.32 }, portfolio: [], logs: {} }),
];

const wrongMetrics: readonly [WrongAnswer, ...WrongAnswer[]] = [
  (c) => c.json(42),
  (c) => c.json({ agents: 42, MacroAgent: 42 }),
  redirect,
  (c) => c.json([{ latency_ms: '45.2' }, null]),
];

/** Not a list, fields of the wrong kind, a redirect, a name that would lead out of a folder. */
const wrongInstances: readonly [WrongAnswer, ...WrongAnswer[]] = [
  (c) => c.json({ instances: 'agent-1' }),
  (c) => c.json({ instances: [{ name: 7, status: 'running', port: '18801', pid: 'none' }, null] }),
  redirect,
  (c) => c.json([{ name: '../../etc/passwd', status: 'running', port: 18_801, pid: 1, archived_at: null }]),
];

/** No object, sections that are no objects, a redirect, lists for objects and objects for lists. */
const wrongOverview: readonly [WrongAnswer, ...WrongAnswer[]] = [
  (c) => c.json('idle'),
  (c) => c.json({ overview: 'idle', sessions: 15, activity: 'none', timestamp: 'now' }),
  redirect,
  (c) => c.json({ overview: { tasks: [42], costs: { total_cost: '12.45' } }, activity: { newest: null } }),
];

function wrongAnswers(path: string): readonly [WrongAnswer, ...WrongAnswer[]] {
  if (path.startsWith('/api/metrics/')) return wrongOverview;
  if (path.includes('/metrics/')) return wrongMetrics;
  return path.startsWith('/api/instances') ? wrongInstances : wrongState;
}

/** Answers in place of the engine. The kinds that have several answers take turns, path by path. */
export class FaultAnswers {
  readonly #turns = new Map<string, number>();
  #huge: string | undefined;

  /** `slow` is the right answer later, and so not made here. */
  answer(c: Context, kind: Exclude<Fault['kind'], 'slow'>, status: number): Response {
    const { path } = c.req;
    switch (kind) {
      case 'hang':
        // Nothing is written, and the connection stays open until the client or the engine closes it.
        return RESPONSE_ALREADY_SENT;
      case 'error':
        return c.json({ error: 'demo fault', status }, status as ContentfulStatusCode);
      case 'offline':
        return c.json({ error: 'engine offline', status: 'offline' });
      case 'malformed':
        return c.body(this.#turn(path, malformedBodies), 200, jsonType);
      case 'wrong':
        return this.#turn(path, wrongAnswers(path))(c);
      case 'huge':
        this.#huge ??= JSON.stringify({ status: 'ACTIVE', padding: 'x'.repeat(hugeBytes) });
        return c.body(this.#huge, 200, jsonType);
    }
  }

  #turn<T>(path: string, answers: readonly [T, ...T[]]): T {
    const count = this.#turns.get(path) ?? 0;
    // Paths come from requests: forget the turns rather than remember paths without bound.
    if (this.#turns.size > 100) this.#turns.clear();
    this.#turns.set(path, count + 1);
    return answers[count % answers.length] ?? answers[0];
  }
}
