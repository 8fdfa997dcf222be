import type { Principal } from '../../access/principal.ts';
import type { Clock } from '../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import { usualCloses } from '../../deliver/closes.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import { ownerFields } from '../../deliver/owner.ts';
import type { Session } from '../../deliver/session.ts';
import type { SessionTerms } from '../../deliver/session-terms.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import { type ErrorCode, errorCloses, messageOf } from './packets.ts';

export const dialect = 'streams';
/** Frames that a client may lack and still be sent each of them. */
export const maxBehind = 256;
/** A client that says nothing for so long is closed. */
const idleAfterMs = 90_000;

/** What one of the streams is to a client. */
export interface StreamClient {
  /** What its messages may be, besides the ping; for people. */
  readonly expected?: string;
  /** Does what a message asks for. False: it is none of this stream. */
  act?(message: JsonObject): boolean;
  /** The session has ended, and given back what it held. */
  end?(): void;
}

export interface SessionDependencies {
  readonly sessions: Sessions;
  readonly terms: SessionTerms;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly newConnectionId: () => string;
}

export interface Arrival {
  readonly transport: Transport;
  readonly stream: 'instances' | 'logs' | 'messages';
  readonly principal: Principal;
  /** Of its URL. */
  readonly path: string;
}

const pong = messageOf({ type: 'pong' });

/** No pings: only what the client sends of its own accord says that somebody is there. */
export function streamTerms(keepalive: KeepaliveLimits): SessionTerms {
  const [pingEveryMs, silentAfterMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    dialect,
    keepalive: { idleAfterMs, ...keepalive, pingEveryMs, silentAfterMs },
    closes: usualCloses,
  };
}

/** Starts the session of a client that was let in. */
export function openSession(
  { transport, stream, principal, path }: Arrival,
  create: (session: Session) => StreamClient,
  dependencies: SessionDependencies,
): void {
  const { sessions, terms, log, meter, newConnectionId } = dependencies;
  const id = newConnectionId();
  sessions.open({ id, terms, transport, owner: principal }, (session) => {
    log.info(
      { connection_id: id, stream, role: principal.role, ...ownerFields(principal) },
      'Stream client connected',
    );
    const client = create(session);
    return {
      view: path,
      receive(data, isBinary) {
        const message = isBinary ? undefined : readText(data.toString('utf8'));
        if (message?.type === 'ping') session.answer(pong);
        else if (message === undefined || client.act?.(message) !== true) {
          const expected = ['{"type":"ping"}', client.expected].filter((text) => text !== undefined);
          refuse(session, 'invalid_frame', `expected a text frame ${expected.join(' or ')}`, meter);
        }
      },
      ended({ code, cause, fault }) {
        client.end?.();
        log.info(
          { connection_id: id, stream, code, cause, fault, ...ownerFields(principal) },
          'Stream client disconnected',
        );
      },
    };
  });
}

/** Tells a client why it is sent away, and closes the connection. */
export function refuse(session: Session, code: ErrorCode, message: string, meter: Meter): void {
  meter.count('bff_rejected_total', { edge: dialect, reason: code });
  session.dismiss(messageOf({ type: 'error', code, message }), errorCloses[code]);
}

function readText(text: string): JsonObject | undefined {
  const parsed = parseUntrusted(text, { nonFinite: 'null' });
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}
