import type { z } from 'zod';
import type { Access } from '../access/access.ts';
import type { CoreSettings } from '../config/core-settings.ts';
import type { DialectSettings, Own } from '../config/dialect-settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Log, RecordListener } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { Hub } from '../deliver/hub.ts';
import type { Sessions } from '../deliver/sessions.ts';
import type { Views } from '../deliver/views.ts';
import type { Feeds } from '../feed/feeds.ts';
import type { Serve } from '../serve/serve.ts';
import type { Engine } from '../source/engine.ts';
import type { Events } from '../source/events.ts';
import type { SourceBoard } from '../source/source-board.ts';

/** What a dialect reads: its own settings and those of the core, once it is known where the engine is. */
export type ServedSettings<Shape extends z.ZodRawShape> = Own<Shape> &
  CoreSettings & { readonly ENGINE_URL: string };

/** A wire protocol of the gateway: the gateway knows a list of them, and nothing about any. */
export interface Dialect<Shape extends z.ZodRawShape = z.ZodRawShape> extends DialectSettings<Shape> {
  /** Serves it from now on. Its sources start when its feeds are to be written. */
  create(context: Context, settings: ServedSettings<Shape>): Running;
}

/** A dialect that is served. */
export interface Running {
  /** Events may have been missed: Redis was away. */
  onReconnected?(): void;
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
  readonly engine: Engine;
  readonly board: SourceBoard;
  readonly events: Events;

  // Through
  /** What one dialect shows another is found here by its name. */
  readonly feeds: Feeds;
  readonly views: Views;
  readonly hub: Pick<Hub, 'standStill' | 'lastFanOutAt'>;

  // Out
  readonly access: Access;
  readonly serve: Serve;
  readonly sessions: Pick<Sessions, 'size'>;
}

/** A dialect, with its types checked where it is written. */
export function defineDialect<Shape extends z.ZodRawShape>(dialect: Dialect<Shape>): Dialect<Shape> {
  return dialect;
}
