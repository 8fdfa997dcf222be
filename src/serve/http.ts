import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { z } from 'zod';
import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { type Effect, Refusal } from '../core/errors.ts';
import { problemResponse } from '../http/responses.ts';
import type { Handler, HttpContext, Router } from '../http/router.ts';
import { queryFault } from './service.ts';

/** One route of plain HTTP: what it takes to be answered, as data, and the answer. */
export interface HttpRoute<Query = unknown> {
  readonly access: Policy;
  /** Default: what stands in the query does not matter. */
  readonly query?: z.ZodType<Query>;
  /** What a refusal has done of what was to be changed. Default: nothing was to be. */
  readonly effect?: Effect;
  /**
   * Path of the engine whose requests are answered here, where they would be forwarded: so that there is no second way
   * to it. Either path then answers other methods with 405.
   */
  readonly inPlaceOf?: string;
  /** What is wrong with the path; looked at before the token. Default: nothing ever is. */
  pathFault?(params: Params): Refusal | undefined;
  /** What is wrong with a query that the schema refuses. Default: `BAD_OPTION`, naming the first field at fault. */
  queryFault?(error: z.ZodError): Refusal;
  /** A refusal becomes a problem document. */
  answer(inquiry: Inquiry<Query>): Answered | Promise<Answered>;
}

type Answered = Response | Refusal;

type Params = Readonly<Record<string, string>>;

/** A request that was let in. */
export interface Inquiry<Query = unknown> {
  readonly request: Request;
  readonly principal: Principal;
  readonly query: Query;
  /** What stands in the path for each `:name`, decoded. */
  readonly params: Params;
  /**
   * An answer that goes on for as long as the client reads: counted among the connections, and cut where the client
   * takes nothing for too long.
   */
  lasting(answer: () => Response): Response;
}

export interface HttpParts {
  readonly router: Router;
  readonly access: Pick<Access, 'authorise' | 'admit'>;
  /** Who answers in place of the engine, by its paths. */
  readonly inPlaceOfEngine: Map<string, Handler>;
  /** A client that takes nothing of a lasting answer for so long is cut. */
  readonly slowAfterMs: number;
}

export function serveHttp(method: 'get' | 'post', path: string, route: HttpRoute, parts: HttpParts): void {
  const { router, inPlaceOfEngine } = parts;
  const { effect, inPlaceOf } = route;
  const handle: Handler = async (context) => {
    const answered = await answerTo(context, route, parts);
    return answered instanceof Refusal ? problemResponse(answered, effect) : answered;
  };
  if (inPlaceOf === undefined) {
    router[method](path, handle);
    return;
  }
  const allowed = method.toUpperCase();
  const only: Handler = (context) => {
    if (context.req.method === allowed) return handle(context);
    const response = problemResponse(
      new Refusal('METHOD_NOT_ALLOWED', { detail: `send a ${allowed}` }),
      effect,
    );
    response.headers.set('allow', allowed);
    return response;
  };
  router.all(path, only);
  inPlaceOfEngine.set(inPlaceOf, only);
}

async function answerTo(
  context: HttpContext,
  route: HttpRoute,
  { access, slowAfterMs }: HttpParts,
): Promise<Answered> {
  const request = context.req.raw;
  const params = context.req.param();
  const fault = route.pathFault?.(params);
  if (fault !== undefined) return fault;
  const principal = await access.authorise(request, route.access);
  if (principal instanceof Refusal) return principal;
  const read = route.query?.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (read?.success === false) return route.queryFault?.(read.error) ?? queryFault(read.error);
  const lasting: Inquiry['lasting'] = (make) => {
    const { incoming, outgoing } = context.env;
    // The client may have left meanwhile: nothing would tell us again. Of its own: headers may be set on an answer.
    if (outgoing.destroyed) return new Response(null, { headers: RESPONSE_ALREADY_SENT.headers });
    const full = access.admit(incoming, principal, outgoing);
    if (full !== undefined) return problemResponse(full);
    // By the socket, which sees a large piece leave bit by bit: in one interval how much waits, in the next that it
    // is still as much.
    outgoing.setTimeout(slowAfterMs / 2, () => outgoing.destroy());
    return make();
  };
  return await route.answer({ request, principal, query: read?.data, params, lasting });
}
