import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { type CredentialRequest, withoutToken } from '../access/credentials.ts';
import type { Principal } from '../access/principal.ts';
import type { Clock } from '../core/clock.ts';
import { errorMessage, Refusal } from '../core/errors.ts';
import { createWarningThrottle, type Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { type Engine, tooManyForEngine } from '../source/engine.ts';
import { pathFault } from '../source/engine-path.ts';
import type { EnginePlace } from '../source/engine-places.ts';
import { bodyCutOff, readBody } from './body.ts';
import { answerHeadersOf, placeBelow, requestHeadersOf, staysBelow } from './forwarded-headers.ts';
import { type Paths, plainest } from './paths.ts';
import { Relay } from './relay.ts';
import { problemResponse } from './responses.ts';
import type { Handler, HttpContext, Router } from './router.ts';

export interface PassthroughOptions {
  /** Path prefixes forwarded, such as `/api/instances`: the path itself and everything below it. */
  readonly prefixes: readonly string[];
  /** Names of request headers that go on beside the usual ones. */
  readonly furtherHeaders: readonly string[];
  readonly paths: Pick<Paths, 'forwarded'>;
  readonly engine: Pick<Engine, 'placeFor' | 'forward'>;
  /** Base URL of the engine. */
  readonly engineUrl: string;
  /** Who may: `unsafe` for methods that change something. */
  readonly authorise: (
    request: CredentialRequest,
    unsafe: boolean,
  ) => Promise<Pick<Principal, 'anonymous' | 'client'> | Refusal>;
  /** Who answers requests for a path, given in its plainest form, in the engine's place; undefined: the engine does. */
  readonly take: (path: string) => Handler | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Their answer would show what the engine was sent, its token too. */
const echoMethods: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT']);
const maxBodyBytes = 1024 * 1024;
const bodyTooLarge = new Refusal('TOO_LARGE', { detail: `a body may have ${maxBodyBytes} bytes` });
const answerTimeoutMs = 30_000;
const relayBounds = { stallMs: 30_000, maxAheadBytes: 256 * 1024 };

/** Forwards requests below certain paths to the engine as they are. */
export function addPassthrough(router: Router, options: PassthroughOptions): void {
  const { prefixes, paths, engine, engineUrl, authorise, take, clock, log, meter } = options;
  const base = new URL(engineUrl);
  const basePath = base.pathname.replace(/\/+$/, '');
  const furtherHeaders = new Set(options.furtherHeaders.map((name) => name.toLowerCase()));
  const warn = createWarningThrottle(log, clock);

  /** What the engine answers, passed on while the client reads it. */
  const relay = (
    { env }: HttpContext,
    answer: Dispatcher.ResponseData,
    place: EnginePlace,
    headers: Headers,
  ): Response => {
    const { statusCode: status, body } = answer;
    body.on('error', () => {});
    if ([204, 205, 304].includes(status)) {
      body.resume();
      return new Response(null, { status, headers });
    }
    const relayed = new Relay(body, env.outgoing, {
      ...relayBounds,
      clock,
      onTaken: place.answered,
      onStalled: () => meter.count('bff_rejected_total', { edge: 'forward', reason: 'stalled' }),
    });
    whenAnswerOver(env.outgoing, () => relayed.end());
    return new Response(relayed.stream, { status, headers });
  };

  const ask = async (
    context: HttpContext,
    pathname: string,
    place: EnginePlace,
    personal: boolean,
    signal: AbortSignal,
    body: Buffer | null,
  ) => {
    const request = context.req.raw;
    const path = withoutToken(pathname + new URL(request.url).search);
    const answer = await engine.forward({
      path,
      method: request.method as Dispatcher.HttpMethod,
      headers: requestHeadersOf(request.headers, furtherHeaders),
      body,
      signal,
    });
    try {
      const asked = new URL(basePath + path, base.origin);
      const placeOf = (location: string) => placeBelow(location, asked, basePath, prefixes);
      return relay(context, answer, place, answerHeadersOf(answer.headers, { placeOf, personal }));
    } catch (error) {
      // What cannot be said here, such as a status of 600: its connection would wait to be read.
      answer.body.destroy();
      throw error;
    }
  };

  const forward = async (context: HttpContext, prefix: string): Promise<Response> => {
    const request = context.req.raw;
    const { outgoing } = context.env;
    if (echoMethods.has(request.method)) return problemResponse(new Refusal('METHOD_NOT_ALLOWED'));
    const unsafe = !safeMethods.has(request.method);
    const principal = await authorise(request, unsafe);
    if (principal instanceof Refusal) return problemResponse(principal);
    const pathname = paths.forwarded(new URL(request.url).pathname);
    const fault = staysBelow(pathname, [prefix]) ? pathFault(pathname) : 'the path leaves its prefix';
    if (fault !== undefined) return problemResponse(new Refusal('BAD_REQUEST', { detail: fault }));
    const body = unsafe ? await readBody(request, maxBodyBytes) : undefined;
    if (body === 'cut_off') return problemResponse(bodyCutOff);
    if (body === 'too_large') return problemResponse(bodyTooLarge);
    const gone = new AbortController();
    let place: EnginePlace | undefined;
    whenAnswerOver(outgoing, () => {
      gone.abort();
      place?.release();
    });
    const asker = { client: principal.client, path: kindOf(pathname) };
    try {
      place = await engine.placeFor(
        asker,
        AbortSignal.any([gone.signal, AbortSignal.timeout(answerTimeoutMs)]),
      );
      if (place === undefined) return problemResponse(tooManyForEngine);
      if (gone.signal.aborted) place.release();
      return await ask(context, pathname, place, !principal.anonymous, gone.signal, body ?? null);
    } catch (error) {
      place?.answered();
      // Without its query: that may hold what no log should. Nor of one who went away: that is no fault.
      if (!gone.signal.aborted) {
        const fields = { method: request.method, path: pathname, error: errorMessage(error) };
        warn('forward', fields, 'engine not reached');
      }
      return problemResponse(new Refusal('ENGINE_UNREACHABLE', { retryAfterS: 1 }));
    }
  };

  for (const prefix of prefixes) {
    const handler: Handler = (context) =>
      take(plainest(new URL(context.req.url).pathname))?.(context) ?? forward(context, prefix);
    for (const path of [prefix, `${prefix}/*`]) router.all(path, handler);
  }
}

/** One text for paths that are likely to hang at the same time: `/api/orders/7/fills` and `/api/orders/8/fills`. */
function kindOf(path: string): string {
  return path.replaceAll(/(?<=\/)[^/]*\d[^/]*/g, '*');
}

/** Calls the task once, when an answer has been sent or can no longer be: its turn on the socket has come before. */
function whenAnswerOver(response: ServerResponse, task: () => void): void {
  if (response.destroyed) task();
  else response.once('close', task);
}
