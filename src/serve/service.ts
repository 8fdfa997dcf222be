import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { z } from 'zod';
import type { Access } from '../access/access.ts';
import { refusal } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { randomId } from '../core/random.ts';
import type { KeepaliveLimits } from '../deliver/keepalive.ts';
import { ownerFields, type SessionTerms } from '../deliver/session-terms.ts';
import type { Sessions } from '../deliver/sessions.ts';
import type { Transport } from '../deliver/transport.ts';
import type { Lease } from '../feed/registry.ts';
import { problemResponse } from '../http/responses.ts';
import type { HttpContext, Router } from '../http/router.ts';
import type { UpgradeRouter } from '../http/upgrade.ts';
import { EventStreamTransport, eventStreamHeaders } from '../transport/event-stream.ts';
import { createWebSocketAcceptor } from '../transport/websocket-server.ts';
import { Conversation, type ConversationParts, MessageReader } from './conversation.ts';
import type { Arrival, Endpoint, OpenClient } from './endpoint.ts';

export interface ServiceParts {
  readonly sessions: Sessions;
  readonly log: Log;
  readonly meter: Meter;
  /** Of the gateway: an endpoint's own are no longer than these, unless it rules one out. */
  readonly keepalive: KeepaliveLimits;
}

/** Who was let in, and what it asked for. */
export interface Visit extends Pick<Arrival, 'principal' | 'params' | 'path' | 'transport'> {
  readonly search: URLSearchParams;
  readonly lastEventId?: string | undefined;
}

/** What is ready to begin once there is a transport, which is one of the two ways for it to end. */
interface Opening {
  begin(transport: Transport): void;
  /** There will be no transport. */
  abandon(): void;
}

/** Of a message from a client, where an endpoint states no other bound. */
export const largestMessageBytes = 64 * 1024;
/** A comment is sent so often: it keeps proxies from closing a quiet stream, and tells of a dead connection. */
export const commentEveryMs = 15_000;
/** No position is longer. */
const maxPositionLength = 100;

/**
 * An endpoint as it is served, with what all its conversations share. Whatever carries one (a WebSocket, an event
 * stream, Socket.IO) prepares it here and hands its transport to what comes of that.
 */
export class Service {
  readonly endpoint: Endpoint;
  readonly #dialect: string;
  readonly #parts: ServiceParts;
  readonly #conversations: ConversationParts;
  readonly #terms: SessionTerms;
  /** Of those whose urgent messages are. */
  readonly #urgentTerms: SessionTerms;

  constructor(endpoint: Endpoint, dialect: string, parts: ServiceParts) {
    this.endpoint = endpoint;
    this.#dialect = dialect;
    this.#parts = parts;
    const reader = new MessageReader(endpoint.hears);
    this.#conversations = { endpoint, reader, log: parts.log };
    const { messages, urgent } = endpoint.limits ?? {};
    const keepalive = keepaliveOf(endpoint, parts.keepalive);
    // One shape for both, so that a session reads them alike.
    this.#terms = { dialect, keepalive, closes: endpoint.closes, messages, urgent: undefined };
    const acted = urgent && {
      types: urgent.types,
      isWellFormed: (message: JsonObject) => reader.check(message).ok,
    };
    this.#urgentTerms = { ...this.#terms, urgent: acted };
  }

  /** What comes of a visit: why there is no conversation is counted. */
  prepare(visit: Visit): Opening | Refusal {
    const held: Lease<unknown>[] = [];
    const abandon = (): void => {
      for (const lease of held) lease.release();
    };
    const open = this.#open(visit, held);
    if (open instanceof Refusal) {
      abandon();
      const reason = open.code.toLowerCase();
      this.#parts.meter.count('bff_rejected_total', { edge: this.#dialect, reason });
      return open;
    }
    return { begin: (transport) => this.#begin(transport, visit.principal, open), abandon };
  }

  #open({ search, lastEventId, ...visit }: Visit, held: Lease<unknown>[]): OpenClient | Refusal {
    const { endpoint } = this;
    const hold: Arrival['hold'] = (lease) => {
      held.push(lease);
      return lease;
    };
    const { query: schema, resumeField } = endpoint;
    // What a browser says it holds is newer than what the page's URL said when it was opened.
    // Whatever that is: a browser that is refused never asks again.
    if (resumeField !== undefined && lastEventId !== undefined) {
      search.set(resumeField, lastEventId.slice(0, maxPositionLength));
    }
    const read = schema?.safeParse(Object.fromEntries(search));
    const arrival = { ...visit, hold, query: read?.data };
    if (read?.success !== false) return endpoint.open(arrival);
    return endpoint.openFaulty?.(read.error, arrival) ?? queryFault(read.error);
  }

  #begin(transport: Transport, principal: Principal, open: OpenClient): void {
    const { id: endpoint, newId = randomId, limits, connectedLine } = this.endpoint;
    const id = newId();
    const isUrgent = limits?.urgent !== undefined && refusal(principal, limits.urgent.from) === undefined;
    const terms = isUrgent ? this.#urgentTerms : this.#terms;
    this.#parts.sessions.open({ id, terms, transport, owner: principal }, (session) => {
      const { role } = principal;
      this.#parts.log.info(
        { connection_id: id, endpoint, transport: transport.kind, role, ...ownerFields(principal) },
        connectedLine(session),
      );
      return new Conversation(this.#conversations, session, open(session));
    });
  }
}

/** Its own where it has any, but no longer than the gateway's; what it rules out by an infinite one stays so. */
function keepaliveOf({ keepalive: own = {} }: Endpoint, gateway: KeepaliveLimits): KeepaliveLimits {
  const limit = (mine: number | undefined, all = Number.POSITIVE_INFINITY): number =>
    mine === undefined || Number.isFinite(mine) ? Math.min(mine ?? all, all) : mine;
  return {
    pingEveryMs: limit(own.pingEveryMs, gateway.pingEveryMs),
    silentAfterMs: limit(own.silentAfterMs, gateway.silentAfterMs),
    slowAfterMs: limit(own.slowAfterMs, gateway.slowAfterMs),
    idleAfterMs: limit(own.idleAfterMs, gateway.idleAfterMs),
  };
}

/** Has the conversations of a service by WebSocket. @param path segments that begin with a colon match any one */
export function serveWebSocket(path: string, service: Service, upgrades: UpgradeRouter, clock: Clock): void {
  const { access, compression = false, maxMessageBytes = largestMessageBytes } = service.endpoint;
  const accept = createWebSocketAcceptor({ maxMessageBytes, clock, compression });
  upgrades.route(path, {
    policy: access,
    connect({ request, socket, head, principal, path: at, query: search, params: sent }) {
      const params = Object.fromEntries(Object.entries(sent).map(([name, part]) => [name, decoded(part)]));
      const opening = service.prepare({ principal, path: at, search, params, transport: 'websocket' });
      if (opening instanceof Refusal) return opening;
      // A handshake can still fail, or the client go away.
      socket.once('close', opening.abandon);
      accept(request, socket, head, (transport) => {
        socket.off('close', opening.abandon);
        opening.begin(transport);
      });
      return undefined;
    },
  });
}

/** What a part of a path stands for; itself, where it is no such encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Has the conversations of a service as Server-Sent Events, in which only the gateway speaks. */
export function serveEventStream(
  path: string,
  service: Service,
  {
    router,
    access,
    clock,
  }: {
    readonly router: Router;
    /** Lets in who asks, and counts a stream among the connections. */
    readonly access: Pick<Access, 'authorise' | 'admit'>;
    readonly clock: Clock;
  },
): void {
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

/** What is said of a query where its endpoint has no words of its own: the first field at fault. */
export function queryFault({ issues: [issue] }: z.ZodError): Refusal {
  const { path = [], message = 'not valid' } = issue ?? {};
  return new Refusal('BAD_OPTION', { detail: `${path.join('.')}: ${message}` });
}
