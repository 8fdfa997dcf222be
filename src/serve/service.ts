import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Access } from '../access/access.ts';
import { refusal } from '../access/policy.ts';
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
import { ignoredHeaders, noOptions, readQuery } from '../http/query.ts';
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
  /** Of the gateway: those of an endpoint are no longer than these, unless infinite. */
  readonly keepalive: KeepaliveLimits;
}

/** An authorised request. */
export interface Visit extends Pick<Arrival, 'principal' | 'params' | 'path' | 'transport'> {
  /** Of the session, where the transport has named it. Default: as the endpoint makes them. */
  readonly id?: string;
  readonly search: URLSearchParams;
  readonly lastEventId?: string | undefined;
}

/** A session that begins with its transport, or is abandoned. */
interface Opening {
  /** For the response that the connection begins with. */
  readonly headers: Readonly<Record<string, string>>;
  begin(transport: Transport): void;
  abandon(): void;
}

/** Default bound of a message from a client. */
export const largestMessageBytes = 64 * 1024;
/** Comments keep proxies from closing a quiet stream, and reveal a dead connection. */
export const commentEveryMs = 15_000;
/** Longer than any position. */
const maxPositionLength = 100;

/** An endpoint as it is served. Each transport prepares a session here, and begins it once the connection stands. */
export class Service {
  readonly endpoint: Endpoint;
  readonly #dialect: string;
  readonly #parts: ServiceParts;
  readonly #conversations: ConversationParts;
  readonly #terms: SessionTerms;
  /** For clients whose messages may be urgent. */
  readonly #urgentTerms: SessionTerms;

  /** @param reader of what its clients send. Default: JSON objects with a type */
  constructor(
    endpoint: Endpoint,
    dialect: string,
    parts: ServiceParts,
    reader: MessageReader = new MessageReader(endpoint.hears),
  ) {
    this.endpoint = endpoint;
    this.#dialect = dialect;
    this.#parts = parts;
    this.#conversations = { endpoint, reader, log: parts.log };
    const { messages, urgent } = endpoint.limits ?? {};
    const keepalive = keepaliveOf(endpoint, parts.keepalive);
    // Both have one hidden class.
    this.#terms = { dialect, keepalive, closes: endpoint.closes, messages, urgent: undefined };
    const acted = urgent && {
      types: urgent.types,
      isWellFormed: (message: JsonObject) => reader.check(message).ok,
    };
    this.#urgentTerms = { ...this.#terms, urgent: acted };
  }

  /** A refusal is counted. */
  prepare(visit: Visit): Opening | Refusal {
    const held: Lease<unknown>[] = [];
    const abandon = (): void => {
      for (const lease of held) lease.release();
    };
    const { headers, open } = this.#open(visit, held);
    if (open instanceof Refusal) {
      abandon();
      const reason = open.code.toLowerCase();
      this.#parts.meter.count('bff_rejected_total', { edge: this.#dialect, reason });
      return open;
    }
    return { headers, begin: (transport) => this.#begin(transport, visit, open), abandon };
  }

  #open(
    { id: _, search, lastEventId, ...visit }: Visit,
    held: Lease<unknown>[],
  ): Pick<Opening, 'headers'> & { readonly open: OpenClient | Refusal } {
    const { endpoint } = this;
    const hold: Arrival['hold'] = (lease) => {
      held.push(lease);
      return lease;
    };
    const { query: schema = noOptions, resumeField } = endpoint;
    // What a reconnecting browser holds is newer than what the URL said. Cut, not refused: it would never come back.
    if (resumeField !== undefined && lastEventId !== undefined) {
      search.set(resumeField, lastEventId.slice(0, maxPositionLength));
    }
    const arrival = { ...visit, hold };
    const read = readQuery(search, schema, endpoint.queryFault);
    if (read instanceof Refusal) return { headers: {}, open: endpoint.openFaulty?.(read, arrival) ?? read };
    return { headers: ignoredHeaders(read.ignored), open: endpoint.open({ ...arrival, ...read }) };
  }

  #begin(transport: Transport, visit: Pick<Visit, 'id' | 'principal'>, open: OpenClient): void {
    const { id: endpoint, newId = randomId, limits, connectedLine } = this.endpoint;
    const { principal, id = newId() } = visit;
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

/** Those of the endpoint, at most as long as the gateway's unless infinite. */
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

/** @param path segments that begin with a colon match any one */
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
      accept(request, socket, head, opening.headers, (transport) => {
        socket.off('close', opening.abandon);
        opening.begin(transport);
      });
      return undefined;
    },
  });
}

/** A percent-decoded segment; as it is, where it is not encoded validly. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Serves it as Server-Sent Events, on which clients send nothing. */
export function serveEventStream(
  path: string,
  service: Service,
  {
    router,
    access,
    clock,
  }: {
    readonly router: Router;
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
    // The client may have left during verification: `close` would not be emitted again.
    if (response.destroyed) return RESPONSE_ALREADY_SENT;
    const { searchParams: search } = new URL(req.url);
    const opening = service.prepare({
      ...{ principal, search, params: req.param(), path: req.path, transport: 'event-stream' },
      lastEventId: req.header('last-event-id'),
    });
    if (opening instanceof Refusal) return problemResponse(opening);
    const full = access.admit(incoming, principal, response);
    if (full !== undefined) {
      opening.abandon();
      return problemResponse(full);
    }
    // The stream bypasses hono: headers that middleware has set, CORS above all, are copied.
    for (const [name, value] of context.res.headers) response.setHeader(name, value);
    for (const [name, value] of Object.entries(opening.headers)) response.setHeader(name, value);
    opening.begin(new EventStreamTransport(response, clock));
    return RESPONSE_ALREADY_SENT;
  });
}
