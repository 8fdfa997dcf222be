import { Hono } from 'hono';
import { z } from 'zod';
import { badField, type Call, type Routes, readBody, trueOrFalse, wholeNumber } from '../request.ts';
import type { Instances, Outcome } from './instances.ts';
import { type InstanceLogs, maxTail } from './logs.ts';

const defaultTail = 100;
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
      const tail = wholeNumber(c, 'tail', maxTail, defaultTail);
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
