import { Hono } from 'hono';
import { z } from 'zod';
import type { Instances, Outcome } from './instance/instances.ts';
import { type InstanceLogs, maxTail } from './instance/logs.ts';
import type { Market } from './market.ts';
import { type Messages, maxMessages } from './message/messages.ts';
import type { Metrics } from './metrics/metrics.ts';
import { maxHours } from './metrics/usage-book.ts';
import {
  badField,
  type Call,
  type Routes,
  readBody,
  readJson,
  refusalOf,
  trueOrFalse,
  wholeNumber,
} from './request.ts';

const reasonRule = 'reason must be a string of 500 characters at most';
const commandSchema = z.object(
  { reason: z.string(reasonRule).max(500, reasonRule).optional() },
  'the body must be a JSON object',
);
const maxKeyLength = 200;

/**
 * The trading engine's own endpoints. HALT and RESUME take an optional JSON body `{reason?}` and honour the header
 * `Idempotency-Key`.
 *
 * @param activePlans completes the state document
 */
export function systemRoutes(market: Market, activePlans: () => number): Routes {
  const answers = new FirstAnswers();

  async function run(c: Call, name: string, command: (reason?: string) => object): Promise<Response> {
    const reason = await readReason(c);
    const key = c.req.header('idempotency-key');
    if (key !== undefined && (key === '' || key.length > maxKeyLength)) {
      const message = `Idempotency-Key must have 1 to ${maxKeyLength} characters`;
      throw badField({ field: 'Idempotency-Key', message });
    }
    const { answer, isRepeated } = answers.once(key === undefined ? undefined : `${name} ${key}`, () => ({
      ...command(reason),
      reason,
    }));
    if (isRepeated) c.header('idempotent-replayed', 'true');
    return c.json(answer);
  }

  const routes: Routes = new Hono();
  return routes
    .get('/api/system/state/current', (c) => {
      const symbol = c.req.query('symbol');
      const document = market.state(symbol);
      if (document !== undefined) return c.json({ ...document, active_plans: activePlans() });
      const known = market.symbols;
      return c.json({ error: 'unknown symbol', symbol: symbol?.slice(0, 40), symbols: known }, 404);
    })
    .get('/api/system/metrics/agents', (c) => c.json(market.agents()))
    .get('/api/system/metrics/models', (c) => c.json(market.models()))
    .post('/api/system/halt', (c) =>
      run(c, 'halt', (reason) => {
        market.halt(reason);
        return { status: market.status(), halted_at: market.statusSince() };
      }),
    )
    .post('/api/system/resume', (c) =>
      run(c, 'resume', (reason) => {
        market.resume(reason);
        return { status: market.status(), resumed_at: market.statusSince() };
      }),
    )
    .get('/health', (c) => c.json({ status: 'ok' }));
}

async function readReason(c: Call): Promise<string | undefined> {
  const body = await readJson(c);
  if (body === undefined) return undefined;
  const parsed = commandSchema.safeParse(body);
  if (!parsed.success) throw badField(refusalOf(parsed.error, commandSchema));
  return parsed.data.reason;
}

const maxKeys = 1000;

/** What was answered to a key, so that a repeated command has no second effect. Keeps the last 1,000 keys. */
export class FirstAnswers {
  readonly #answers = new Map<string, object>();

  /** Runs `command` the first time this key comes; later ones get the first answer. */
  once(key: string | undefined, command: () => object): { answer: object; isRepeated: boolean } {
    const known = key === undefined ? undefined : this.#answers.get(key);
    if (known !== undefined) return { answer: known, isRepeated: true };
    const answer = command();
    if (key !== undefined) this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxKeys && oldest !== undefined) this.#answers.delete(oldest);
    return { answer, isRepeated: false };
  }
}

const notFound = 'instance_not_found';
const createSchema = z.strictObject({ name: z.string(), port: z.int().min(1024).max(65_535).optional() });
const cloneSchema = z.strictObject({ name: z.string() });

/** `/api/instances` and below: 404 for an unknown name, 409 for what cannot be done as things are. */
export function instanceRoutes(instances: Instances, logs: InstanceLogs): Routes {
  const routes: Routes = new Hono();
  routes
    .get('/api/instances', (c) => c.json({ instances: instances.list(trueOrFalse(c, 'include_archived')) }))
    .post(async (c) => {
      const { name, port } = await readBody(c, createSchema);
      return answerOutcome(c, instances.create(name, port), 201);
    })
    .get('/api/instances/:name', (c) => {
      const name = c.req.param('name');
      const instance = instances.find(name);
      return instance === undefined ? answerUnknown(c, name) : c.json(instance);
    })
    .delete((c) => answerOutcome(c, instances.remove(c.req.param('name'))))
    .post('/api/instances/:name/clone', async (c) => {
      const { name } = await readBody(c, cloneSchema);
      return answerOutcome(c, instances.clone(c.req.param('name'), name), 201);
    })
    .get('/api/instances/:name/logs', (c) => {
      const name = c.req.param('name');
      const tail = wholeNumber(c, 'tail', { max: maxTail, fallback: 100 });
      if (instances.find(name) === undefined) return answerUnknown(c, name);
      const lines = logs.tail(name, tail);
      return c.json({ name, lines, count: lines.length });
    });
  for (const action of ['start', 'stop', 'restart', 'archive', 'unarchive'] as const) {
    routes.post(`/api/instances/:name/${action}`, (c) =>
      answerOutcome(c, instances[action](c.req.param('name'))),
    );
  }
  return routes;
}

function answerOutcome(c: Call, outcome: Outcome, status: 200 | 201 = 200): Response {
  if (outcome.ok) return c.json(outcome.instance, status);
  const { reason, message } = outcome;
  if (reason === 'bad-name') throw badField({ field: 'name', message });
  return reason === 'unknown'
    ? c.json({ error: notFound, message }, 404)
    : c.json({ error: 'conflict', message }, 409);
}

function answerUnknown(c: Call, name: string): Response {
  return c.json({ error: notFound, message: `no instance named '${name.slice(0, 64)}'` }, 404);
}

/** `/api/messages` and below: whole messages, newest first, with what is private in them. */
export function messageRoutes(messages: Messages): Routes {
  const routes: Routes = new Hono();
  return routes
    .get('/api/messages', (c) => {
      const filter = { instance: c.req.query('instance'), correlationId: c.req.query('correlation_id') };
      const list = messages.list(filter, wholeNumber(c, 'limit', { max: maxMessages, fallback: 100 }));
      return c.json({ messages: list, count: list.length });
    })
    .get('/api/messages/:id', (c) => {
      const message = messages.find(c.req.param('id'));
      return message === undefined
        ? c.json({ error: 'message_not_found', message: 'no message with this id' }, 404)
        : c.json(message);
    });
}

/** `/api/metrics/overview?hours=`: 1 to 168, default 24. */
export function metricsRoutes(metrics: Metrics): Routes {
  const routes: Routes = new Hono();
  return routes.get('/api/metrics/overview', (c) =>
    c.json(metrics.snapshot(wholeNumber(c, 'hours', { min: 1, max: maxHours, fallback: 24 }))),
  );
}
