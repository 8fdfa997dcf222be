import type { Policy } from '../../access/policy.ts';
import { type Clock, isoTime } from '../../core/clock.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../core/log.ts';
import { usualCloses } from '../../deliver/closes.ts';
import type { Session } from '../../deliver/session.ts';
import { type Client, defineEndpoint, type MessageOf, type Unreadable } from '../../serve/endpoint.ts';
import { diagnosticsHears, diagnosticsMessage, diagnosticsTells } from './packets.ts';
import { type DiagnosticsViews, diagnosticsDialect } from './views.ts';

interface ClientDependencies {
  readonly views: DiagnosticsViews;
  /** Those that are connected. */
  readonly clients: Set<DiagnosticsClient>;
  readonly clock: Clock;
  readonly log: Log;
  /** For lines about delivery to these clients, which must not become events that are delivered to them. */
  readonly unrecordedLog: Log;
  /** Says at most once a second, for all clients together, that frames were no JSON. */
  readonly warnMalformed: WarningThrottle;
}

/** What `GET /api/diagnostics/connections` says of a session; times are ISO 8601. */
export interface ConnectionState {
  readonly connection_id: string;
  readonly connected_at: string;
  /** When the last `ping` came; before the first, `connected_at`. */
  readonly last_heartbeat: string;
  readonly messages_sent: number;
  readonly messages_dropped: number;
}

const warnEveryDrops = 10;
const malformedEveryMs = 1000;

/** One diagnostics client: what it says, and how delivery to it goes. */
export class DiagnosticsClient implements Client<MessageOf<typeof diagnosticsHears>> {
  readonly #session: Session;
  readonly #dependencies: ClientDependencies;
  readonly #connectedAt: string;
  #lastHeartbeat: string;

  /** Sends it its first two frames, and all that happens from then on. */
  constructor(session: Session, dependencies: ClientDependencies) {
    this.#session = session;
    this.#dependencies = dependencies;
    this.#connectedAt = isoTime(dependencies.clock.now());
    this.#lastHeartbeat = this.#connectedAt;
    const { clients, views } = dependencies;
    clients.add(this);
    session.follow(views.acquire('telemetry'), views.telemetryNow);
    session.follow(views.acquire('events'));
  }

  get state(): ConnectionState {
    this.#session.countDropped();
    return {
      connection_id: this.#session.id,
      connected_at: this.#connectedAt,
      last_heartbeat: this.#lastHeartbeat,
      messages_sent: this.#session.sent,
      messages_dropped: this.#session.droppedCount,
    };
  }

  dropped(count: number): void {
    const { id, droppedCount } = this.#session;
    const before = droppedCount - count;
    if (Math.floor(before / warnEveryDrops) === Math.floor(droppedCount / warnEveryDrops)) return;
    this.#dependencies.unrecordedLog.warn(
      { connection_id: id, dropped: droppedCount },
      `Dropped ${droppedCount} messages for slow client ${id}`,
    );
  }

  receive({ type }: MessageOf<typeof diagnosticsHears>): void {
    if (type === 'ping') this.#pong();
    else if (type === 'refresh') this.#refresh();
    // Every client gets everything: there is nothing to choose.
    else this.#dependencies.log.debug({ connection_id: this.#session.id }, 'subscribe ignored');
  }

  unreadable({ reason }: Unreadable): boolean {
    if (reason !== 'malformed') return false;
    this.#session.refused(reason);
    const fields = { connection_id: this.#session.id, reason };
    this.#dependencies.warnMalformed(reason, fields, (count) => `Malformed client messages: ${count}`);
    return true;
  }

  ended(): void {
    this.#dependencies.clients.delete(this);
  }

  #pong(): void {
    const timestamp = isoTime(this.#dependencies.clock.now());
    this.#lastHeartbeat = timestamp;
    this.#session.answer(diagnosticsMessage({ type: 'pong', timestamp, connection_id: this.#session.id }));
  }

  #refresh(): void {
    const { views } = this.#dependencies;
    this.#session.answer(views.telemetryNow());
    this.#session.answer(views.logsNow());
  }
}

/** `/ws/diagnostics`. Never deflated: secrets may stand beside text that others chose. */
export function diagnosticsEndpoint(viewing: Policy, parts: Omit<ClientDependencies, 'warnMalformed'>) {
  const warnMalformed = createWarningThrottle(parts.log, parts.clock, malformedEveryMs);
  const dependencies: ClientDependencies = { ...parts, warnMalformed };
  return defineEndpoint({
    id: diagnosticsDialect,
    description: 'Live diagnostics: telemetry and the newest logs at once, then each event as it happens',
    access: viewing,
    hears: diagnosticsHears,
    tells: diagnosticsTells,
    closes: usualCloses,
    // One that is behind skips events and reads on: what is dropped is counted, and it costs nothing here.
    keepalive: { slowAfterMs: Number.POSITIVE_INFINITY },
    newId: () => crypto.randomUUID(),
    connectedLine: ({ id }) => `WebSocket connected: ${id}`,
    disconnectedLine: ({ id, sent, droppedCount }) =>
      `WebSocket disconnected: ${id} (sent: ${sent}, dropped: ${droppedCount})`,
    open: () => (session) => new DiagnosticsClient(session, dependencies),
  });
}
