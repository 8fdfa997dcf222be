import { z } from 'zod';
import type { Policy } from '../../access/policy.ts';
import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import { readInstant } from '../../core/instant.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { createWarningThrottle, type Log } from '../../core/log.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import { fence } from '../../http/forwarded-headers.ts';
import { taggedJson, tagOf } from '../../http/responses.ts';
import type { Inquiry } from '../../serve/http.ts';
import type { Serve } from '../../serve/serve.ts';
import type { Engine } from '../../source/engine.ts';
import type { ForwardedAnswer } from '../../source/engine-client.ts';
import { leadsElsewhere } from '../../source/engine-path.ts';
import { PollFailure, unreadable } from '../../source/poll-failure.ts';
import { isLogName } from './file-tail/open.ts';

export interface RestTwinsOptions {
  readonly serve: Pick<Serve, 'http'>;
  /** Who may view. */
  readonly viewing: Policy;
  readonly engine: Pick<Engine, 'ask'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Requests that are likely to hang at the same time. */
type Twin = 'instances' | 'logs' | 'messages' | 'message';

/** For the engine, which decides what they may be. */
type Options = Readonly<Record<string, string | undefined>>;

const answerTimeoutMs = 10_000;
/** Of a value in a query, and of the id of a message. */
const maxValueLength = 256;
const value = z
  .string()
  .max(maxValueLength, { error: `expected at most ${maxValueLength} characters` })
  .optional();
const instancesQuery = z.object({ include_archived: value });
const logsQuery = z.object({ tail: value });
const messagesQuery = z.object({ instance: value, correlation_id: value, limit: value });
const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
/** What is shown of a message in a list. Its text and payload are for those who ask for that one message. */
const metadataKeys = [
  'message_id',
  'correlation_id',
  'event',
  'status',
  'from',
  'to',
  'message_type',
  'detail',
];
const timeKeys = ['timestamp', 'created_at', 'updated_at'];

/**
 * The same over HTTP, for clients that poll: what the engine answers, in its own shape. Nothing is kept here, so
 * that it works whether or not anybody has a stream open.
 */
export function serveRestTwins({ serve, viewing: access, engine, clock, log }: RestTwinsOptions): void {
  const warn = createWarningThrottle(log, clock);

  /** What the engine answers to `path`, with the options of the request. What is no success is passed on as it is. */
  const ask = async (
    { request, principal, query: options }: Inquiry<Options>,
    twin: Twin,
    path: string,
    answer: (request: Request, body: string) => Response,
  ): Promise<Response | Refusal> => {
    const query = new URLSearchParams();
    for (const [name, text = ''] of Object.entries(options)) if (text !== '') query.set(name, text);
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(answerTimeoutMs)]);
    try {
      const asker = { client: principal.client, path: twin };
      const answered = await engine.ask(query.size === 0 ? path : `${path}?${query}`, signal, asker);
      const response = answered.status < 300 ? answer(request, answered.body) : passedOn(answered);
      fence(response.headers, !principal.anonymous);
      return response;
    } catch (error) {
      if (!(error instanceof PollFailure)) throw error;
      const { reason, message } = error;
      // Without the path, which may hold the id of a message. A client that went away is no fault.
      if (!request.signal.aborted) warn(reason, { reason, error: message }, 'engine not reached');
      return new Refusal('ENGINE_UNREACHABLE', { detail: message, retryAfterS: 1 });
    }
  };
  const tagged = (request: Request, body: string): Response => {
    jsonIn(body);
    return taggedJson(request, tagOf(body), body);
  };

  serve.http('get', '/api/instances', {
    access,
    query: instancesQuery,
    answer: (inquiry) => ask(inquiry, 'instances', '/api/instances', tagged),
  });
  serve.http('get', '/api/instances/:name/logs', {
    access,
    pathFault: ({ name = '' }) => (isLogName(name) ? undefined : noInstance),
    query: logsQuery,
    answer: (inquiry) => ask(inquiry, 'logs', `/api/instances/${inquiry.params.name}/logs`, tagged),
  });
  serve.http('get', '/api/messages', {
    access,
    query: messagesQuery,
    answer: (inquiry) =>
      ask(inquiry, 'messages', '/api/messages', (request, body) => tagged(request, metadataOnly(body))),
  });
  serve.http('get', '/api/messages/:id', {
    access,
    pathFault: ({ id = '' }) => (isMessageId(id) ? undefined : badMessageId),
    answer: (inquiry) => {
      const path = `/api/messages/${encodeURIComponent(inquiry.params.id ?? '')}`;
      return ask({ ...inquiry, query: {} }, 'message', path, (_request, body) => {
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
        return new Response(body, { headers });
      });
    },
  });
}

const noInstance = new Refusal('NOT_FOUND', { detail: 'no such instance' });
const badMessageId = new Refusal('BAD_REQUEST', {
  detail: `id: expected 1 to ${maxValueLength} characters that lead to no other path`,
});

/**
 * The engine decides what an id is. It goes into a path, though, and an engine, or a proxy before it, may take an
 * encoded slash for a plain one, or decode it twice: no part of it may lead upwards.
 */
function isMessageId(id: string): boolean {
  return id.length > 0 && id.length <= maxValueLength && !leadsElsewhere(id);
}

/** Answers that are no success are not cached. */
function passedOn({ status, contentType = '', retryAfter, body }: ForwardedAnswer): Response {
  const headers = new Headers({
    'cache-control': 'no-store',
    'content-type': jsonType.test(contentType) ? contentType : 'text/plain; charset=utf-8',
  });
  if (retryAfter !== undefined) headers.set('retry-after', retryAfter);
  return new Response(body, { status, headers });
}

/** Throws PollFailure for a body that is none. */
function jsonIn(body: string): JsonValue {
  const parsed = parseUntrusted(body, { nonFinite: 'null', exactIntegers: true });
  if (!parsed.ok) throw unreadable(parsed);
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
  const shown: Record<string, JsonValue> = {};
  for (const key of [...metadataKeys, ...timeKeys]) {
    const value = Object.hasOwn(message, key) ? message[key] : undefined;
    if (value === null) shown[key] = null;
    // As events tell them: some engines write numbers for ids and times.
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const time = timeKeys.includes(key) ? readInstant(value)?.text : undefined;
    shown[key] = time ?? String(value);
  }
  return shown;
}
