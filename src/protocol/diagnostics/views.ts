import type { Clock } from '../../core/clock.ts';
import type { Meter } from '../../core/meter.ts';
import type { View } from '../../deliver/view.ts';
import type { Views, ViewsOfKind } from '../../deliver/views.ts';
import { jsonEncoding } from '../../encode/encoding.ts';
import { EventRendition } from '../../encode/event-rendition.ts';
import type { Message } from '../../encode/message.ts';
import type { Rendition } from '../../encode/rendition.ts';
import { StateRendition } from '../../encode/state-rendition.ts';
import { CommitTiming, commitTimingDefaults } from '../../feed/commit-timing.ts';
import type { EventFeed } from '../../feed/event-feed.ts';
import type { Feeds } from '../../feed/feeds.ts';
import { Projection } from '../../feed/projection.ts';
import type { Lease } from '../../feed/registry.ts';
import type { WritableStateFeed } from '../../feed/state-feed.ts';
import type { DiagnosticsFigures } from './figures.ts';
import type { LogBook } from './log-book.ts';
import { diagnosticsMessage, type EventPacket, type LogsPacket } from './packets.ts';

export const diagnosticsDialect = 'diagnostics';

type Subject = 'events' | 'telemetry';

/** Events that a client may lack and still be sent each of them: some 6 MB at most, as the intake bounds each. */
const maxBehind = 100;
const logsSent = 20;
const telemetryEveryMs = 5000;

/** What every client follows: the events, and the figures. */
export class DiagnosticsViews {
  readonly #figures: DiagnosticsFigures;
  readonly #eventFeed: EventFeed<EventPacket>;
  readonly #events: EventRendition<EventPacket>;
  readonly #telemetryFeed: WritableStateFeed;
  readonly #timing: CommitTiming;
  readonly #views: ViewsOfKind<Subject, Rendition>;
  readonly #held: readonly Lease<View>[];
  /** The figures of this moment, which may be newer than what was last sent to all. One function for all sessions. */
  readonly telemetryNow = (): Message =>
    diagnosticsMessage({ type: 'telemetry', data: this.#figures.read() });

  /**
   * @param maxRateHz telemetry frames a second that events may cause, burst 5; 0: no cap
   * @param feeds has the figures written at intervals
   */
  constructor({
    figures,
    logBook,
    maxRateHz,
    feeds,
    views,
    clock,
    meter,
  }: {
    readonly figures: DiagnosticsFigures;
    readonly logBook: LogBook;
    readonly maxRateHz: number;
    readonly feeds: Feeds;
    readonly views: Views;
    readonly clock: Clock;
    readonly meter: Meter;
  }) {
    this.#figures = figures;
    this.#eventFeed = feeds.events<EventPacket>(`${diagnosticsDialect}/events`, { capacity: maxBehind });
    this.#events = new EventRendition<EventPacket>({
      dialect: diagnosticsDialect,
      feed: this.#eventFeed,
      render: ([event]) => event,
      snapshot: (): LogsPacket => ({ type: 'logs', data: logBook.newest(logsSent) }),
      snapshotVersion: () => logBook.seq,
      maxBehind,
      beyond: 'oldest',
    });
    this.#telemetryFeed = feeds.state(diagnosticsDialect, {
      initial: figures.read(),
      keepsHistory: false,
      write: () => this.#timing.beat(telemetryEveryMs),
    });
    this.#timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
      this.#telemetryFeed.stage(figures.read());
      // Sent even where nothing has changed: clients expect a frame at each interval.
      this.#telemetryFeed.commit(true);
    });
    const telemetry = new StateRendition({
      dialect: diagnosticsDialect,
      projection: new Projection(this.#telemetryFeed),
      mode: 'full',
      encoding: jsonEncoding,
      words: { full: (data) => ({ type: 'telemetry', data }) },
      clock,
      meter,
    });
    this.#views = views.ofKind<Subject, Rendition>({
      key: (subject) => subject,
      make: (subject) => (subject === 'events' ? this.#events : telemetry),
      isFixed: true,
    });
    // Held for good: they are kept up to date whether anybody follows or not.
    this.#held = [this.acquire('events'), this.acquire('telemetry')];
  }

  acquire(subject: Subject): Lease<View> {
    const lease = this.#views.acquire(subject, undefined);
    if (lease === undefined) throw new Error('views that are not counted were refused');
    return lease;
  }

  /** The newest log entries. */
  logsNow(): Message {
    return this.#events.latest();
  }

  /** Sends an event to all. */
  append(event: EventPacket, receivedAt?: number): void {
    this.#eventFeed.append(event, receivedAt);
  }

  /** An event changed some figure. */
  telemetryChanged(receivedAt: number): void {
    this.#telemetryFeed.stage(this.#figures.read(), receivedAt);
    this.#timing.event();
  }

  /** The engine began to fail, or is well again: told whatever frames events have caused. */
  engineTurned(): void {
    this.#timing.event(true);
  }

  close(): void {
    this.#timing.stop();
    for (const lease of this.#held) lease.release();
    this.#telemetryFeed.close();
  }
}
