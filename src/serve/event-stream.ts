import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Access } from '../access/access.ts';
import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import { problemResponse } from '../http/problem.ts';
import type { HttpContext, Router } from '../http/router.ts';
import { EventStreamTransport, eventStreamHeaders } from '../transport/event-stream.ts';
import type { Service } from './service.ts';

export interface EventStreamParts {
  readonly router: Router;
  /** Lets in who asks, and counts a stream among the connections. */
  readonly access: Pick<Access, 'authorise' | 'admit'>;
  readonly clock: Clock;
}

/** A comment is sent so often: it keeps proxies from closing a quiet stream, and tells of a dead connection. */
export const commentEveryMs = 15_000;

/** Has the conversations of a service as Server-Sent Events, in which only the gateway speaks. */
export function serveEventStream(path: string, service: Service, parts: EventStreamParts): void {
  const { router, access, clock } = parts;
  router.get(path, async (context: HttpContext) => {
    const { req } = context;
    const principal = await access.authorise(req.raw, service.endpoint.access);
    if (principal instanceof Refusal) return problemResponse(principal);
    if (req.method === 'HEAD') return new Response(null, { headers: eventStreamHeaders });
    const { incoming, outgoing: response } = context.env;
    // The client may have left while its token was verified: nothing would tell us again.
    if (response.destroyed) return RESPONSE_ALREADY_SENT;
    const { searchParams: search, pathname } = new URL(req.url);
    const opening = service.prepare({
      ...{ principal, search, params: req.param(), path: pathname, transport: 'event-stream' },
      lastEventId: req.header('last-event-id'),
    });
    if (opening instanceof Refusal) return problemResponse(opening);
    const full = access.admit(incoming, principal, response);
    if (full !== undefined) {
      opening.abandon();
      return problemResponse(full);
    }
    // The stream is written past hono: what the middleware has set so far, CORS above all, goes along by hand.
    for (const [name, value] of context.res.headers) response.setHeader(name, value);
    opening.begin(new EventStreamTransport(response, clock));
    return RESPONSE_ALREADY_SENT;
  });
}
