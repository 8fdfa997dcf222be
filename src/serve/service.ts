import { refusal } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
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
import { Conversation, type ConversationParts } from './conversation.ts';
import type { Arrival, Endpoint, OpenClient } from './endpoint.ts';
import { MessageReader } from './message-reader.ts';
import { queryFault } from './query-fault.ts';

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
export interface Opening {
  begin(transport: Transport): void;
  /** There will be no transport. */
  abandon(): void;
}

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
