import type { Clock } from '../../core/clock.ts';
import type { Meter } from '../../core/meter.ts';
import type { View } from '../../deliver/view.ts';
import type { Views } from '../../deliver/views.ts';
import { jsonEncoding } from '../../encode/encoding.ts';
import { EventRendition } from '../../encode/event-rendition.ts';
import type { Message } from '../../encode/message.ts';
import type { Rendition } from '../../encode/rendition.ts';
import { StateRendition } from '../../encode/state-rendition.ts';
import { CommitTiming, commitTimingDefaults } from '../../feed/commit-timing.ts';
import type { Feeds } from '../../feed/feeds.ts';
import { Projection } from '../../feed/projection.ts';
import type { Lease } from '../../feed/registry.ts';
import type { Figures } from './figures.ts';
import type { LogBook } from './log-book.ts';
import { type EventPacket, type LogsPacket, messageOf } from './packets.ts';

export const dialect = 'diagnostics';

export interface DiagnosticsViewsOptions {
  readonly figures: Figures;
  readonly logBook: LogBook;
  /** Telemetry frames a second that events may cause, burst 5. 0: no cap. */
  readonly maxRateHz: number;
  /** Has its figures written at intervals. */
  readonly feeds: Feeds;
  readonly views: Views;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** What every client follows: what happens, and how things are. */
type Subject = 'events' | 'telemetry';

export interface DiagnosticsViews {
  acquire(subject: Subject): Lease<View>;
  /** The figures of this moment, which may be newer than what was last sent to all. */
  telemetryNow(): Message;
  /** The newest log entries. */
  logsNow(): Message;
  /** Sends an event to all. */
  append(event: EventPacket, receivedAt?: number): void;
  /** An event changed some figure. */
  telemetryChanged(receivedAt: number): void;
  /** The engine began to fail, or is well again: told whatever frames events have caused. */
  engineTurned(): void;
  close(): void;
}

/** Events that a client may lack and still be sent each of them: some 6 MB at most, as the intake bounds each. */
const maxBehind = 100;
const logsSent = 20;
const telemetryEveryMs = 5000;

export function createDiagnosticsViews(options: DiagnosticsViewsOptions): DiagnosticsViews {
  const { figures, logBook, maxRateHz, feeds, clock, meter } = options;

  const newestLogs = (): LogsPacket => ({ type: 'logs', data: logBook.newest(logsSent) });
  const eventFeed = feeds.events<EventPacket>(`${dialect}/events`, { capacity: maxBehind });
  const events = new EventRendition<EventPacket>({
    dialect,
    feed: eventFeed,
    render: ([event]) => event,
    snapshot: newestLogs,
    snapshotVersion: () => logBook.seq,
    maxBehind,
    beyond: 'oldest',
  });

  const telemetryFeed = feeds.state(dialect, {
    initial: figures.read(),
    keepsHistory: false,
    write: () => timing.beat(telemetryEveryMs),
  });
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    telemetryFeed.stage(figures.read());
    // Whoever waits for the next frame is not to wonder whether it got lost.
    telemetryFeed.commit(true);
  });
  const telemetry = new StateRendition({
    dialect,
    projection: new Projection(telemetryFeed),
    mode: 'full',
    encoding: jsonEncoding,
    words: { full: (data) => ({ type: 'telemetry', data }) },
    clock,
    meter,
  });
  const renditions: Readonly<Record<Subject, Rendition>> = { events, telemetry };
  const views = options.views.ofKind({
    key: (subject: Subject) => subject,
    make: (subject) => renditions[subject],
    isFixed: true,
  });
  const acquire = (subject: Subject): Lease<View> => {
    const lease = views.acquire(subject, undefined);
    if (lease === undefined) throw new Error('views that are not counted were refused');
    return lease;
  };
  // Held for good: they go on whether anybody follows or not.
  const held = [acquire('events'), acquire('telemetry')];

  return {
    acquire,
    telemetryNow: () => messageOf({ type: 'telemetry', data: figures.read() }),
    logsNow: () => events.latest(),
    append: (event, receivedAt) => eventFeed.append(event, receivedAt),
    telemetryChanged(receivedAt) {
      telemetryFeed.stage(figures.read(), receivedAt);
      timing.event();
    },
    engineTurned: () => timing.event(true),
    close() {
      timing.stop();
      for (const lease of held) lease.release();
      telemetryFeed.close();
    },
  };
}
