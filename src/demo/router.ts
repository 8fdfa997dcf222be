import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { FaultControl } from './fault.ts';
import { FaultAnswers } from './fault-answer.ts';
import { type DemoLog, messageOf } from './log.ts';
import { badField, RefusedRequest, type Routes, readJson } from './request.ts';

const faultPath = '/demo/fault';
const methods = ['GET', 'POST', 'DELETE'];

/** The engine's routes with the faults before them, and `/demo/fault`, which no fault ever touches. */
export function createRouter(faults: FaultControl, log: DemoLog): Routes {
  const router: Routes = new Hono();
  const faultAnswers = new FaultAnswers();

  router.use((c, next) => {
    c.header('cache-control', 'no-store');
    return next();
  });

  router.use(async (c, next) => {
    if (c.req.path.startsWith('/demo/')) return next();
    if (faults.isStopped()) {
      c.env.incoming.socket.resetAndDestroy();
      return RESPONSE_ALREADY_SENT;
    }
    const fault = faults.find(c.req.path);
    if (fault === undefined) return next();
    if (fault.kind !== 'slow') return faultAnswers.answer(c, fault.kind, fault.status);
    // The answer is made now and sent late, as on a slow line: a command has its effect although its answer
    // is long in coming, and a state is already old when it arrives.
    await next();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, fault.delayMs);
      c.env.outgoing.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  });

  router
    .get(faultPath, (c) => c.json({ faults: faults.list() }))
    .post(async (c) => {
      const request = await readJson(c);
      const stops =
        typeof request === 'object' && request !== null && 'kind' in request && request.kind === 'stop';
      const refusal = stops ? faults.check(request) : faults.apply(request);
      if (refusal !== undefined) throw badField(refusal);
      if (!stops) return c.json({ faults: faults.list() });
      // The answer goes out before the fault begins, which destroys the connection it is to go through.
      c.env.outgoing.once('close', () => faults.apply(request));
      return c.json({ stopping: true, faults: faults.list() }, 200, { connection: 'close' });
    });

  router.notFound((c) => {
    const allowed = methods.filter((method) =>
      router.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
    );
    if (allowed.length === 0) return c.json({ error: 'not found', path: new URL(c.req.url).pathname }, 404);
    if (allowed.includes('GET')) allowed.push('HEAD');
    return c.json({ error: 'method not allowed', allowed }, 405, { allow: allowed.join(', ') });
  });

  router.onError((error, c) => {
    if (error instanceof RefusedRequest) return c.json(error.answer, error.status);
    const { incoming, outgoing } = c.env;
    // A client that has gone needs no mention.
    if (incoming.errored === null) log.warn({ error: messageOf(error) }, 'demo engine request failed');
    outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  });
  return router;
}
