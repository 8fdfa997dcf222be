import { isoTime } from '../core/clock.ts';
import type { SessionOwner } from './owner.ts';
import type { Transport } from './transport.ts';

/** How a session is: the answer of `GET /api/clients` for one. */
export interface SessionState {
  readonly id: string;
  readonly dialect: string;
  readonly transport: Transport['kind'];
  readonly address: string;
  readonly subject: string | null;
  readonly user_agent: string | null;
  /** What it sees. */
  readonly view: string;
  /** ISO 8601 time at which it connected. */
  readonly since: string;
  /** Packets. */
  readonly sent: number;
  /** Updates that it could not be sent when they came. */
  readonly skipped: number;
  /** Versions or events that it was not sent yet. */
  readonly behind: number;
  /** Of the last ping that was answered; null: none was. */
  readonly round_trip_ms: number | null;
}

export interface StateParts extends Pick<SessionState, 'id' | 'dialect' | 'view'> {
  readonly transport: Pick<Transport, 'kind' | 'roundTripMs'>;
  readonly owner: SessionOwner;
  readonly counts: Pick<SessionState, 'sent' | 'skipped' | 'behind'>;
  /** Epoch ms. */
  readonly openedAt: number;
}

export function sessionState({
  id,
  dialect,
  view,
  transport,
  owner,
  counts,
  openedAt,
}: StateParts): SessionState {
  const { kind, roundTripMs } = transport;
  return {
    ...{ id, dialect, transport: kind },
    address: owner.address,
    subject: owner.subject ?? null,
    user_agent: owner.userAgent ?? null,
    view,
    since: isoTime(openedAt),
    ...counts,
    round_trip_ms: roundTripMs === undefined ? null : Math.round(roundTripMs * 10) / 10,
  };
}
