import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type Dispatcher, Pool } from 'undici';
import { type CredentialRequest, withoutToken } from '../access/credentials.ts';
import type { Refusal } from '../access/guard.ts';
import { errorMessage } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { readBody } from './body.ts';
import { problemResponse } from './problem.ts';
import type { Router } from './router.ts';

export type Handler = (context: Context<{ Bindings: HttpBindings }>) => Promise<Response> | Response;
/** Who answers requests for a path, given in its plainest form, instead of the engine; undefined: the engine does. */
export type TakePath = (path: string) => Handler | undefined;

export interface PassthroughOptions {
  /** Path prefixes forwarded, such as `/api/instances`: the path itself and everything below it. */
  readonly prefixes: readonly string[];
  /** Base URL of the engine. */
  readonly engineUrl: string;
  readonly engineToken: string | undefined;
  /** Who may: `unsafe` for methods that change something. */
  readonly authorise: (
    request: CredentialRequest,
    unsafe: boolean,
  ) => Promise<{ readonly ok: true } | Refusal>;
  readonly take: TakePath;
  readonly log: Log;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const maxBodyBytes = 1024 * 1024;
const answerTimeoutMs = 30_000;
/** What belongs to one connection, or to the gateway's own users (RFC 9110 §7.6.1). */
const notForwarded: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'authorization',
  'cookie',
  // May carry a token, as may a cookie.
  'sec-websocket-protocol',
  'set-cookie',
  'expect',
]);

/** Forwards requests below certain paths to the engine as they are. Returns how to end what is under way. */
export function addPassthrough(router: Router, options: PassthroughOptions): () => Promise<void> {
  const { prefixes, engineUrl, engineToken, authorise, take, log } = options;
  const base = new URL(engineUrl);
  const pool = new Pool(base.origin, {
    connections: 16,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const basePath = base.pathname.replace(/\/+$/, '');

  const forward = async (request: Request, prefix: string): Promise<Response> => {
    const unsafe = !safeMethods.has(request.method);
    const verdict = await authorise(request, unsafe);
    if (!verdict.ok) return problemResponse(verdict.code, verdict);
    const url = new URL(request.url);
    if (!staysBelow(url.pathname, prefix))
      return problemResponse('BAD_REQUEST', { detail: 'the path leaves its prefix' });
    const body = unsafe ? await readBody(request, maxBodyBytes) : undefined;
    if (body === 'too_large') {
      return problemResponse('TOO_LARGE', { detail: `a body may have ${maxBodyBytes} bytes` });
    }
    try {
      const answer = await pool.request({
        path: basePath + withoutToken(url.pathname + url.search),
        method: request.method as Dispatcher.HttpMethod,
        headers: {
          ...forwarded(request.headers),
          ...(engineToken && { authorization: `Bearer ${engineToken}` }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return toResponse(answer);
    } catch (error) {
      // Without its query: that may hold what no log should.
      log.warn(
        { method: request.method, path: url.pathname, error: errorMessage(error) },
        'engine not reached',
      );
      return problemResponse('ENGINE_UNREACHABLE', { retryAfterS: 1 });
    }
  };

  for (const prefix of prefixes) {
    const handler: Handler = (context) =>
      take(plainest(new URL(context.req.url).pathname))?.(context) ?? forward(context.req.raw, prefix);
    for (const path of [prefix, `${prefix}/*`]) router.all(path, handler);
  }
  return () => pool.destroy();
}

/** A path as the most lenient of engines may read it: `//api/x/..;/System/%68alt;v=1/` is `/api/system/halt`. */
function plainest(path: string): string {
  const decoded = path.replaceAll(/%([0-7][\da-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const bare = decoded
    .toLowerCase()
    .replaceAll('\\', '/')
    .replaceAll(/[;?#][^/]*/g, '');
  return posix.normalize(bare).replace(/(?<=.)\/$/, '');
}

/** The URL parser has resolved `..` already; encoded slashes would only be resolved by the engine. */
function staysBelow(path: string, prefix: string): boolean {
  // Encoded slashes, and dots with a parameter behind them, which some engines resolve.
  if (/%2f|%5c|\\|\/(?:\.|%2e){1,2};/i.test(path)) return false;
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** What of a request's headers goes on: not what `Connection` says is of this connection only. */
function forwarded(headers: Headers): Record<string, string> {
  const ofConnection = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    [...headers].filter(([name]) => !notForwarded.has(name) && !ofConnection.includes(name)),
  );
}

function toResponse({ statusCode, headers, body }: Dispatcher.ResponseData): Response {
  const kept = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // CORS is the gateway's to answer: what the engine would allow its own callers does not count here.
    if (value === undefined || notForwarded.has(name) || name.startsWith('access-control-')) continue;
    for (const entry of Array.isArray(value) ? value : [value]) kept.append(name, entry);
  }
  const bodyless = [204, 205, 304].includes(statusCode);
  if (bodyless) body.resume();
  return new Response(bodyless ? null : (Readable.toWeb(body) as ReadableStream<Uint8Array>), {
    status: statusCode,
    headers: kept,
  });
}
