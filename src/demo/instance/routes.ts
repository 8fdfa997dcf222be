import { z } from 'zod';
import { trueOrFalse, wholeNumber } from '../query.ts';
import { refusalOf } from '../refusal.ts';
import { badField, json, type Reply, readJson } from '../reply.ts';
import type { Call, Handler, RouteTable } from '../route.ts';
import type { Outcome } from './instance.ts';
import type { Instances } from './instances.ts';
import { type InstanceLogs, maxTail } from './logs.ts';

const defaultTail = 100;
const notFound = 'instance_not_found';
const createSchema = z.strictObject({ name: z.string(), port: z.int().min(1024).max(65_535).optional() });
const cloneSchema = z.strictObject({ name: z.string() });

/** `/api/instances` and below: 404 for an unknown name, 409 for what cannot be done as things are. */
export function instanceRoutes(instances: Instances, logs: InstanceLogs): RouteTable {
  const change =
    (act: (name: string) => Outcome): Handler =>
    ({ name }) =>
      replyOf(200, act(name));

  async function create(call: Call): Promise<Reply> {
    const body = await readBody(call, createSchema);
    return body.ok ? replyOf(201, instances.create(body.value.name, body.value.port)) : body.refusal;
  }

  async function clone(call: Call): Promise<Reply> {
    const body = await readBody(call, cloneSchema);
    return body.ok ? replyOf(201, instances.clone(call.name, body.value.name)) : body.refusal;
  }

  return {
    '/api/instances': {
      GET({ query }) {
        const includeArchived = trueOrFalse(query, 'include_archived');
        if (!includeArchived.ok) return includeArchived.refusal;
        return json(200, { instances: instances.list(includeArchived.value) });
      },
      POST: create,
    },
    '/api/instances/:name': {
      GET({ name }) {
        const instance = instances.find(name);
        return instance === undefined ? unknown(name) : json(200, instance);
      },
      DELETE: change(instances.remove),
    },
    '/api/instances/:name/start': { POST: change(instances.start) },
    '/api/instances/:name/stop': { POST: change(instances.stop) },
    '/api/instances/:name/restart': { POST: change(instances.restart) },
    '/api/instances/:name/archive': { POST: change(instances.archive) },
    '/api/instances/:name/unarchive': { POST: change(instances.unarchive) },
    '/api/instances/:name/clone': { POST: clone },
    '/api/instances/:name/logs': {
      GET({ name, query }) {
        const tail = wholeNumber(query, 'tail', { max: maxTail, fallback: defaultTail });
        if (!tail.ok) return tail.refusal;
        if (instances.find(name) === undefined) return unknown(name);
        const lines = logs.tail(name, tail.value);
        return json(200, { name, lines, count: lines.length });
      },
    },
  };
}

type Body<T> = { ok: true; value: T } | { ok: false; refusal: Reply };

async function readBody<T extends z.ZodObject>({ request }: Call, schema: T): Promise<Body<z.infer<T>>> {
  const body = await readJson(request);
  if (!body.ok) return body;
  const parsed = schema.safeParse(body.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const { field, message } = refusalOf(parsed.error, schema);
  return { ok: false, refusal: badField(field, message) };
}

function replyOf(status: number, outcome: Outcome): Reply {
  if (outcome.ok) return json(status, outcome.instance);
  if (outcome.reason === 'bad-name') return badField('name', outcome.message);
  const [failure, error] = outcome.reason === 'unknown' ? [404, notFound] : [409, 'conflict'];
  return json(failure, { error, message: outcome.message });
}

function unknown(name: string): Reply {
  return json(404, { error: notFound, message: `no instance named '${name.slice(0, 64)}'` });
}
