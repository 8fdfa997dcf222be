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

/** A dialect's own settings and those of the core, `ENGINE_URL` included. */
export type ServedSettings<Shape extends z.ZodRawShape> = Own<Shape> &
  CoreSettings & { readonly ENGINE_URL: string };

/** A wire protocol. The gateway knows a list of them, and nothing about any. */
export interface Dialect<Shape extends z.ZodRawShape = z.ZodRawShape> extends DialectSettings<Shape> {
  /** Starts serving it. Its sources start when its feeds need a writer. */
  create(context: Context, settings: ServedSettings<Shape>): Running;
}

/** A dialect that is served. */
export interface Running {
  /** Called when Redis is connected again: events may have been missed. */
  onReconnected?(): void;
  /** Called first at shutdown: completes within the time what must not be cut off, and begins nothing new. */
  settle?(withinMs: number): Promise<void>;
  /** Stops its sources. */
  close?(): Promise<void> | void;
}

/** What a dialect is given. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
  /** Audit log of commands, whatever level `log` has. */
  readonly audit: Log;
  /** The same as `log`, but not passed to the listeners of `onRecord`. */
  readonly unrecordedLog: Log;
  /** Listens to the gateway's own log records. Returns how to stop. */
  readonly onRecord: (listener: RecordListener) => () => void;
  readonly meter: Meter;

  // In
  readonly engine: Engine;
  readonly board: SourceBoard;
  readonly events: Events;

  // Through
  /** Named feeds, by which dialects share state. */
  readonly feeds: Feeds;
  readonly views: Views;
  readonly hub: Pick<Hub, 'standStill' | 'lastFanOutAt'>;

  // Out
  readonly access: Access;
  readonly serve: Serve;
  readonly sessions: Pick<Sessions, 'size'>;
}

export function defineDialect<Shape extends z.ZodRawShape>(dialect: Dialect<Shape>): Dialect<Shape> {
  return dialect;
}
