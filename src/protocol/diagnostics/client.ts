import { type Clock, isoTime } from '../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Log, WarningThrottle } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import type { Session } from '../../deliver/session.ts';
import { messageOf } from './packets.ts';
import { type DiagnosticsViews, dialect } from './views.ts';

export interface ClientDependencies {
  readonly views: DiagnosticsViews;
  readonly clock: Clock;
  readonly log: Log;
  /** For what is said of delivery to these clients: it must not become an event that is delivered to them. */
  readonly deliveryLog: Log;
  readonly meter: Meter;
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

/** One diagnostics client: what it says, and how delivery to it goes. */
export class DiagnosticsClient {
  readonly #session: Session;
  readonly #dependencies: ClientDependencies;
  readonly #connectedAt: string;
  #lastHeartbeat: string;
  #dropped = 0;

  constructor(session: Session, dependencies: ClientDependencies) {
    this.#session = session;
    this.#dependencies = dependencies;
    this.#connectedAt = isoTime(dependencies.clock.now());
    this.#lastHeartbeat = this.#connectedAt;
  }

  get state(): ConnectionState {
    this.#session.countDropped();
    return {
      connection_id: this.#session.id,
      connected_at: this.#connectedAt,
      last_heartbeat: this.#lastHeartbeat,
      messages_sent: this.#session.sent,
      messages_dropped: this.#dropped,
    };
  }

  /** Its first two frames, and all that happens from then on. */
  start(): void {
    const { views } = this.#dependencies;
    this.#session.follow(views.acquire('telemetry'), views.telemetryNow);
    this.#session.follow(views.acquire('events'));
  }

  /** So many more events that it will not be sent. */
  dropped(count: number): void {
    const before = this.#dropped;
    this.#dropped += count;
    if (Math.floor(before / warnEveryDrops) === Math.floor(this.#dropped / warnEveryDrops)) return;
    const { id } = this.#session;
    this.#dependencies.deliveryLog.warn(
      { connection_id: id, dropped: this.#dropped },
      `Dropped ${this.#dropped} messages for slow client ${id}`,
    );
  }

  /** Takes a message. What is no message of this protocol is counted and ignored. */
  receive(data: Buffer, isBinary: boolean): void {
    const message = isBinary ? 'binary' : readText(data.toString('utf8'));
    const fault = typeof message === 'string' ? message : this.#act(message);
    if (fault === undefined) return;
    const { log, meter, warnMalformed } = this.#dependencies;
    meter.count('bff_rejected_total', { edge: dialect, reason: fault });
    const fields = { connection_id: this.#session.id, reason: fault };
    if (fault !== 'malformed') log.debug(fields, 'message ignored');
    else warnMalformed(fault, fields, (count) => `Malformed client messages: ${count}`);
  }

  #act(message: JsonObject): 'unknown' | undefined {
    switch (message.type) {
      case 'ping':
        this.#pong();
        return undefined;
      case 'refresh':
        this.#refresh();
        return undefined;
      // Every client gets everything: there is nothing to choose.
      case 'subscribe':
        this.#dependencies.log.debug({ connection_id: this.#session.id }, 'subscribe ignored');
        return undefined;
      default:
        return 'unknown';
    }
  }

  #pong(): void {
    const timestamp = isoTime(this.#dependencies.clock.now());
    this.#lastHeartbeat = timestamp;
    this.#session.answer(messageOf({ type: 'pong', timestamp, connection_id: this.#session.id }));
  }

  #refresh(): void {
    const { views } = this.#dependencies;
    this.#session.answer(views.telemetryNow());
    this.#session.answer(views.logsNow());
  }
}

/** The message in a text frame, or why it is ignored. */
function readText(text: string): JsonObject | string {
  const parsed = parseUntrusted(text, { nonFinite: 'null' });
  if (!parsed.ok) return parsed.reason;
  return isJsonObject(parsed.value) ? parsed.value : 'unknown';
}
