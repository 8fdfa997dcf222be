import type { Access } from '../access/access.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Log, RecordListener } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { Hub } from '../deliver/hub.ts';
import type { Sessions } from '../deliver/sessions.ts';
import type { Views } from '../deliver/views.ts';
import type { Serve } from '../serve/serve.ts';
import type { EngineClient } from '../source/engine-client.ts';
import type { EngineTraffic } from '../source/engine-traffic.ts';
import type { EventSource } from '../source/events.ts';
import type { SourceBoard } from '../source/source-board.ts';

/** A wire protocol of the gateway: the gateway knows a list of them, and nothing about any. */
export interface Dialect<Settings> {
  /** Also its label in metrics, and what `DIALECTS` and `AUTH_DIALECTS` call it. */
  readonly name: string;
  /** Serves it from now on. @param settings those of the gateway that it reads, by their names */
  create(context: Context, settings: Settings): Running;
}

/** A dialect that is served. */
export interface Running {
  /** Sources that must have answered once before the gateway is ready. Default: none. */
  readonly requires?: readonly string[];
  /** Starts its sources. */
  start?(): void;
  /** Events may have been missed: Redis was away. */
  onReconnected?(): void;
  /** The freshness of a source changed that all dialects share. */
  sourcesChanged?(): void;
  /** Called first at the end: finishes, within the time, what must not be cut off, and begins no more of it. */
  settle?(withinMs: number): Promise<void>;
  /** Stops its sources. */
  close?(): Promise<void> | void;
}

/** All that a dialect is given. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
  /** Where commands leave their lines, whatever level `log` has. */
  readonly audit: Log;
  /** The same as `log`, but never told to who listens to the gateway's records. */
  readonly unrecordedLog: Log;
  /** The gateway's own records. Returns how to stop listening. */
  readonly onRecord: (listener: RecordListener) => () => void;
  readonly meter: Meter;

  // In
  readonly client: EngineClient;
  readonly traffic: EngineTraffic;
  readonly board: SourceBoard;
  readonly events: EventSource;
  /** What one dialect shows another, by name: `engine` is the engine's document. */
  readonly documents: Map<string, () => JsonObject>;

  // Through
  readonly views: Views;
  readonly hub: Pick<Hub, 'standStill' | 'lastFanOutAt'>;

  // Out
  readonly access: Access;
  readonly serve: Serve;
  readonly sessions: Pick<Sessions, 'size'>;
}

/** A dialect, with its types checked where it is written. */
export function defineDialect<Settings>(dialect: Dialect<Settings>): Dialect<Settings> {
  return dialect;
}
