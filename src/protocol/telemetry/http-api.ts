import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Access } from '../../access/access.ts';
import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import type { Transport } from '../../deliver/transport.ts';
import { formatPosition } from '../../feed/position.ts';
import { taggedJson } from '../../http/etag.ts';
import { problemResponse } from '../../http/problem.ts';
import type { Router } from '../../http/router.ts';
import { createEventStream, eventStreamHeaders } from '../../transport/event-stream.ts';
import type { Documents } from './documents.ts';
import { HistoryReadings, historyQuery } from './history.ts';
import type { TelemetryDocument } from './merged-document.ts';
import { type ConnectOptions, maxSinceLength, readQuery } from './options.ts';
import { openSession, type SessionDependencies, telemetryTerms } from './sessions.ts';
import { dialect, type TelemetryViews, telemetryProjection, tooManySymbols } from './views.ts';

export interface HttpApiDependencies extends SessionDependencies {
  readonly router: Router;
  readonly documents: Documents;
  readonly views: TelemetryViews;
  readonly keepalive: KeepaliveLimits;
  readonly clock: Clock;
  /** Lets in who asks, and counts a stream, or a history that is read, among the connections. */
  readonly access: Pick<Access, 'authorise' | 'admit' | 'policies'>;
}

/** The options of a connection and the view for them, or why it cannot be had. */
export function viewFor(
  query: URLSearchParams,
  transport: Transport['kind'],
  holder: string | undefined,
  { documents, views, meter }: Pick<HttpApiDependencies, 'documents' | 'views' | 'meter'>,
) {
  const refuse = (refusal: Refusal): Refusal => {
    meter.count('bff_rejected_total', { edge: dialect, reason: refusal.code.toLowerCase() });
    return refusal;
  };
  const read = readOptions(query, documents);
  if (read instanceof Refusal) return refuse(read);
  if (transport === 'event-stream' && read.encoding !== 'json') {
    return refuse(badOption('encoding: Server-Sent Events are text, expected json'));
  }
  const lease = views.acquire(read, holder);
  return lease instanceof Refusal ? refuse(lease) : { lease, options: read };
}

/** The HTTP twins of the dialect: snapshot, history, and the same packets as Server-Sent Events. */
export function addHttpApi(dependencies: HttpApiDependencies): void {
  const { router, access, documents, clock, keepalive } = dependencies;
  const viewing = access.policies.viewing(dialect);
  const streamTerms = telemetryTerms({ ...keepalive, pingEveryMs: commentEveryMs });
  const histories = new HistoryReadings(clock);

  router.get('/api/telemetry', async ({ req }) => {
    const principal = await access.authorise(req.raw, viewing);
    if (principal instanceof Refusal) return problemResponse(principal);
    const read = readOptions(new URL(req.url).searchParams, documents);
    if (read instanceof Refusal) return problemResponse(read);
    return await withDocument(read.symbol, principal.holder, documents, ({ feed }) => {
      const projection = telemetryProjection(feed, read.sections);
      return taggedJson(req.raw, formatPosition(projection.position), () =>
        JSON.stringify(projection.of(feed.current)),
      );
    });
  });

  router.get('/api/telemetry/history', async (context: Context<{ Bindings: HttpBindings }>) => {
    const { req } = context;
    const principal = await access.authorise(req.raw, viewing);
    if (principal instanceof Refusal) return problemResponse(principal);
    const query = new URL(req.url).searchParams;
    const read = readOptions(query, documents);
    if (read instanceof Refusal) return problemResponse(read);
    const span = historyQuery.safeParse(Object.fromEntries(query));
    if (!span.success) {
      return problemResponse(badOption('expected seconds from 1 to 600 and step from 0 to 600'));
    }
    return await withDocument(read.symbol, principal.holder, documents, ({ feed, spokenSince }) => {
      const response = context.env.outgoing;
      // The client may have left meanwhile: nothing would tell us again.
      if (response.destroyed) return RESPONSE_ALREADY_SENT;
      const full = access.admit(context.env.incoming, principal, response);
      if (full !== undefined) return problemResponse(full);
      // By the socket, which sees a large point leave bit by bit: in one interval how much waits, in the next
      // that it is still as much.
      response.setTimeout(keepalive.slowAfterMs / 2, () => response.destroy());
      const projection = telemetryProjection(feed, read.sections);
      return new Response(histories.stream(projection, spokenSince, span.data), {
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      });
    });
  });

  router.get('/api/stream/telemetry', async (context: Context<{ Bindings: HttpBindings }>) => {
    const { req } = context;
    const principal = await access.authorise(req.raw, viewing);
    if (principal instanceof Refusal) return problemResponse(principal);
    if (req.method === 'HEAD') return new Response(null, { headers: eventStreamHeaders });
    const { incoming, outgoing: response } = context.env;
    // The client may have left while its token was verified: nothing would tell us again.
    if (response.destroyed) return RESPONSE_ALREADY_SENT;
    const query = new URL(req.url).searchParams;
    const lastEventId = req.header('last-event-id');
    // What a browser says it holds is newer than what the page's URL said when it was opened.
    // Whatever that is: a browser that is refused never asks again.
    if (lastEventId !== undefined) query.set('since', lastEventId.slice(0, maxSinceLength));
    const found = viewFor(query, 'event-stream', principal.holder, dependencies);
    if (found instanceof Refusal) return problemResponse(found);
    const full = access.admit(incoming, principal, response);
    if (full !== undefined) {
      found.lease.release();
      return problemResponse(full);
    }
    // The stream is written past hono: what the middleware has set so far, CORS above all, goes along by hand.
    for (const [name, value] of context.res.headers) response.setHeader(name, value);
    openSession(
      {
        transport: createEventStream(response, clock),
        terms: streamTerms,
        view: found.lease,
        since: found.options.since,
        principal,
      },
      dependencies,
    );
    return RESPONSE_ALREADY_SENT;
  });
}

const commentEveryMs = 15_000;

function readOptions(query: URLSearchParams, { engine }: Documents): ConnectOptions | Refusal {
  const read = readQuery(query, (section) => Object.hasOwn(engine.feed.current.document, section));
  return read.ok ? read.options : badOption(read.message);
}

function badOption(detail: string): Refusal {
  return new Refusal('BAD_OPTION', { detail });
}

/**
 * The document of a symbol, once the engine has said what it knows of it; without a symbol, the engine's own. An
 * answer of before the engine said anything says so in a header: what stands in it is no figure.
 */
async function withDocument(
  symbol: string | undefined,
  holder: string | undefined,
  documents: Documents,
  answer: (document: TelemetryDocument) => Response,
): Promise<Response> {
  if (symbol === undefined) return marked(documents.engine, answer);
  const lease = documents.acquire(symbol, holder);
  if (lease === undefined) return problemResponse(tooManySymbols);
  const document = lease.resource;
  try {
    await document.settled;
    if (document.isUnknown) return problemResponse(new Refusal('UNKNOWN_SYMBOL', { detail: symbol }));
    return marked(document, answer);
  } finally {
    lease.release();
  }
}

function marked(document: TelemetryDocument, answer: (document: TelemetryDocument) => Response): Response {
  const response = answer(document);
  // Of one that was sent already there is nothing to be changed, and it is one object for all.
  if (response === RESPONSE_ALREADY_SENT) return response;
  if (document.spokenSince === undefined) response.headers.set('x-telemetry-state', 'initializing');
  return response;
}
