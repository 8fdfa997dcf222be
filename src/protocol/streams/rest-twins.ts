import { createHash } from 'node:crypto';
import { errorMessage } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import type { Entrance } from '../../http/entrance.ts';
import { taggedJson } from '../../http/etag.ts';
import { problemResponse } from '../../http/problem.ts';
import type { Router } from '../../http/router.ts';
import type { EngineClient } from '../../source/engine-client.ts';
import { isLogName } from '../../source/file-tail-open.ts';
import { PollFailure } from '../../source/poll-failure.ts';

export interface RestTwinsOptions {
  readonly router: Router;
  readonly entrance: Entrance;
  readonly client: EngineClient;
  readonly log: Log;
}

const answerTimeoutMs = 10_000;
const maxValueLength = 256;
/** An id goes into a path: nothing in it may lead elsewhere. */
const messageId = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,128}$/;
/** What is shown of a message in a list. Its text and payload are for those who ask for that one message. */
const metadataKeys = [
  ...['message_id', 'correlation_id', 'event', 'status', 'from', 'to', 'message_type', 'detail'],
  ...['timestamp', 'created_at', 'updated_at'],
];

/**
 * The same over HTTP, for clients that poll: what the engine answers, in its own shape. Nothing is kept here, so
 * that it works whether or not anybody has a stream open.
 */
export function addRestTwins({ router, entrance, client, log }: RestTwinsOptions): void {
  /** What the engine answers to `path`, with such of the request's query as it may have. */
  const ask = async (
    request: Request,
    path: string,
    keys: readonly string[],
    answer: (body: string) => Response,
  ): Promise<Response> => {
    const entry = await entrance(request);
    if (!entry.ok) return problemResponse(entry.code, entry);
    const query = queryOf(request, keys);
    if (typeof query === 'string') return problemResponse('BAD_OPTION', { detail: query });
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(answerTimeoutMs)]);
    try {
      return answer(await client.get(query.size === 0 ? path : `${path}?${query}`, signal));
    } catch (error) {
      const status = error instanceof PollFailure ? error.status : undefined;
      if (status === 404) return problemResponse('NOT_FOUND', { detail: 'the engine knows none' });
      if (status === 400) return problemResponse('BAD_REQUEST', { detail: 'the engine refused the request' });
      // Without the path, which may hold the id of a message.
      log.warn({ error: errorMessage(error) }, 'engine not reached');
      return problemResponse('ENGINE_UNREACHABLE', { retryAfterS: 1 });
    }
  };
  const tagged = (request: Request) => (body: string) => {
    jsonIn(body);
    return taggedJson(request, tagOf(body), () => body);
  };

  router.get('/api/instances', ({ req }) =>
    ask(req.raw, '/api/instances', ['include_archived'], tagged(req.raw)),
  );
  router.get('/api/instances/:name/logs', async ({ req }) => {
    const name = req.param('name');
    if (!isLogName(name)) return problemResponse('NOT_FOUND', { detail: 'no such instance' });
    return await ask(req.raw, `/api/instances/${name}/logs`, ['tail'], tagged(req.raw));
  });
  router.get('/api/messages', ({ req }) =>
    ask(req.raw, '/api/messages', ['instance', 'correlation_id', 'limit'], (body) =>
      tagged(req.raw)(metadataOnly(body)),
    ),
  );
  router.get('/api/messages/:id', async ({ req }) => {
    const id = req.param('id');
    if (!messageId.test(id)) return problemResponse('NOT_FOUND', { detail: 'no such message' });
    return await ask(req.raw, `/api/messages/${id}`, [], (body) => {
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      return new Response(body, { headers });
    });
  });
}

/** The values for the engine, or what is wrong with one. */
function queryOf(request: Request, keys: readonly string[]): URLSearchParams | string {
  const given = new URL(request.url).searchParams;
  const query = new URLSearchParams();
  for (const key of keys) {
    const value = given.get(key) ?? '';
    if (value.length > maxValueLength) return `${key}: expected at most ${maxValueLength} characters`;
    if (value !== '') query.set(key, value);
  }
  return query;
}

function tagOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, 22);
}

/** Throws PollFailure for a body that is none. */
function jsonIn(body: string): JsonValue {
  const parsed = parseUntrusted(body, { nonFinite: 'null' });
  if (!parsed.ok) throw new PollFailure(parsed.reason, 'the answer is not valid JSON');
  return parsed.value;
}

/** A list of messages, bare or as `{messages: […], count}`, without what is private in them. */
function metadataOnly(body: string): string {
  const value = jsonIn(body);
  if (Array.isArray(value)) return JSON.stringify(value.map(metadataOf));
  if (!isJsonObject(value) || !Array.isArray(value.messages)) {
    throw new PollFailure('shape', 'the answer has the wrong shape');
  }
  const count = typeof value.count === 'number' ? { count: value.count } : {};
  return JSON.stringify({ messages: value.messages.map(metadataOf), ...count });
}

function metadataOf(message: JsonValue): JsonObject {
  if (!isJsonObject(message)) return {};
  return Object.fromEntries(
    metadataKeys.flatMap((key) => {
      const value = Object.hasOwn(message, key) ? message[key] : undefined;
      return typeof value === 'string' || value === null ? [[key, value]] : [];
    }),
  );
}
