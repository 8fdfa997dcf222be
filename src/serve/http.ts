import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { z } from 'zod';
import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { type Effect, Refusal } from '../core/errors.ts';
import { ignoredHeaders, noOptions, type QuerySchema, readQuery } from '../http/query.ts';
import { problemResponse } from '../http/responses.ts';
import type { Handler, HttpContext, Router } from '../http/router.ts';

/** A route of plain HTTP: access and validation as data, and the answer. */
export interface HttpRoute<Query = unknown> {
  readonly access: Policy;
  /** Default: of a GET no options; else the query is ignored. */
  readonly query?: QuerySchema<Query>;
  /** Stated in refusals by routes that change something. */
  readonly effect?: Effect;
  /**
   * Path of the engine that this route replaces where it would be forwarded, so that there is no second way to it. Both
   * paths then answer other methods with 405.
   */
  readonly inPlaceOf?: string;
  /** What is wrong with the path, checked before the token. */
  pathFault?(params: Params): Refusal | undefined;
  /** The refusal of an invalid query. Default: `BAD_OPTION`, naming the first field at fault. */
  queryFault?(error: z.ZodError): Refusal;
  /** A refusal becomes a problem document. */
  answer(inquiry: Inquiry<Query>): Answered | Promise<Answered>;
}

type Answered = Response | Refusal;

type Params = Readonly<Record<string, string>>;

/** An authorised request. */
export interface Inquiry<Query = unknown> {
  readonly request: Request;
  readonly principal: Principal;
  readonly query: Query;
  /** Values of the path's `:name` segments, decoded. */
  readonly params: Params;
  /**
   * A streamed response: counted among the connections, and cut when the client reads nothing for too long.
   */
  lasting<Answer>(answer: () => Answer): Answer | Response;
}

/** A route that replaces a path of the engine. */
export interface InPlaceOfEngine {
  /** The engine's path. */
  readonly engines: string;
  /** The path here. */
  readonly path: string;
  readonly handler: Handler;
}

export interface HttpParts {
  readonly router: Router;
  readonly access: Pick<Access, 'authorise' | 'admit'>;
  readonly inPlaceOfEngine: InPlaceOfEngine[];
  /** A client that reads nothing of a lasting response for this long is cut. */
  readonly slowAfterMs: number;
}

export function serveHttp(method: 'get' | 'post', path: string, route: HttpRoute, parts: HttpParts): void {
  const { router, inPlaceOfEngine } = parts;
  const { effect, inPlaceOf } = route;
  // What is to be changed, such as by a HALT, must not fail for a name in a query that has no meaning.
  const whole = method === 'get' ? { query: noOptions, ...route } : route;
  const handle: Handler = async (context) => {
    const answered = await answerTo(context, whole, parts);
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
  inPlaceOfEngine.push({ engines: inPlaceOf, path, handler: only });
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
  const read = route.query && readQuery(new URL(request.url).searchParams, route.query, route.queryFault);
  if (read instanceof Refusal) return read;
  const lasting = <Answer>(make: () => Answer): Answer | Response => {
    const { incoming, outgoing } = context.env;
    // The client may have left meanwhile: `close` would not be emitted again. A copy, as headers may be set on it.
    if (outgoing.destroyed) return new Response(null, { headers: RESPONSE_ALREADY_SENT.headers });
    const full = access.admit(incoming, principal, outgoing);
    if (full !== undefined) return problemResponse(full);
    // The socket's timeout sees progress within a large chunk, and takes two intervals to see that there is none.
    outgoing.setTimeout(slowAfterMs / 2, () => outgoing.destroy());
    return make();
  };
  const answered = await route.answer({ request, principal, query: read?.query, params, lasting });
  if (read === undefined || answered instanceof Refusal) return answered;
  for (const [name, value] of Object.entries(ignoredHeaders(read.ignored))) answered.headers.set(name, value);
  return answered;
}
