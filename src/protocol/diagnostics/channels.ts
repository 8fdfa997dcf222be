import type { Clock } from '../../core/clock.ts';
import type { Meter } from '../../core/meter.ts';
import { randomId } from '../../core/random.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { jsonEncoder } from '../../encode/encoder.ts';
import { createEventRendition } from '../../encode/event-rendition.ts';
import type { Packet } from '../../encode/rendition.ts';
import { createStateRendition } from '../../encode/state-rendition.ts';
import { CommitTiming, commitTimingDefaults } from '../../feed/commit-timing.ts';
import { createEventFeed } from '../../feed/event-feed.ts';
import { HistoryBudget } from '../../feed/history.ts';
import { createProjection } from '../../feed/projection.ts';
import { createStateFeed } from '../../feed/state-feed.ts';
import type { Figures } from './figures.ts';
import { type EventFrame, packetOf } from './frame.ts';
import type { LogBook } from './log-book.ts';

export const dialect = 'diagnostics';

export interface ChannelsOptions {
  readonly figures: Figures;
  readonly logBook: LogBook;
  /** Telemetry frames a second that events may cause, burst 5. 0: no cap. */
  readonly maxRateHz: number;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** What every client follows: what happens, and how things are. */
export interface Channels {
  readonly events: Channel;
  readonly telemetry: Channel;
  /** The figures of this moment, which may be newer than what was last sent to all. */
  telemetryNow(): Packet;
  /** The newest log entries. */
  logsNow(): Packet;
  /** Sends an event to all. */
  append(event: EventFrame, receivedAt?: number): void;
  /** An event changed some figure. */
  telemetryChanged(receivedAt: number): void;
  /** The engine began to fail, or is well again: told whatever frames events have caused. */
  engineTurned(): void;
  /** From now on the figures are sent at intervals. */
  start(): void;
  close(): void;
}

/** Events that a client may lack and still be sent each of them: some 6 MB at most, as the intake bounds each. */
const maxBehind = 100;
const logsSent = 20;
const telemetryEveryMs = 5000;

export function createChannels(options: ChannelsOptions): Channels {
  const { figures, logBook, maxRateHz, hub, clock, meter } = options;

  let logs: { seq: number; packet: Packet } | undefined;
  const logsNow = (): Packet => {
    if (logs?.seq !== logBook.seq) {
      logs = { seq: logBook.seq, packet: packetOf({ type: 'logs', data: logBook.newest(logsSent) }) };
    }
    return logs.packet;
  };
  const eventFeed = createEventFeed<EventFrame>({ epoch: randomId(), capacity: maxBehind });
  const events = new Channel(
    createEventRendition<EventFrame>({
      dialect,
      feed: eventFeed,
      render: ([event]) => (event === undefined ? logsNow() : packetOf(event)),
      snapshot: logsNow,
      maxBehind,
      beyond: 'oldest',
    }),
  );

  const budget = new HistoryBudget({ historySeconds: 0, historyMaxBytes: 0 });
  const telemetryFeed = createStateFeed({ initial: figures.read(), epoch: randomId(), clock, budget });
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    telemetryFeed.stage(figures.read());
    // Whoever waits for the next frame is not to wonder whether it got lost.
    telemetryFeed.commit(true);
  });
  const telemetry = new Channel(
    createStateRendition({
      dialect,
      projection: createProjection(telemetryFeed, {
        sections: undefined,
        always: [],
        unremarkable: new Set(),
      }),
      mode: 'full',
      encode: jsonEncoder,
      words: { full: (data) => ({ type: 'telemetry', data }) },
      clock,
      meter,
    }),
  );
  hub.open(events);
  hub.open(telemetry);

  return {
    events,
    telemetry,
    telemetryNow: () => packetOf({ type: 'telemetry', data: figures.read() }),
    logsNow,
    append: (event, receivedAt) => eventFeed.append(event, receivedAt),
    telemetryChanged(receivedAt) {
      telemetryFeed.stage(figures.read(), receivedAt);
      timing.event();
    },
    engineTurned: () => timing.event(true),
    start: () => timing.beat(telemetryEveryMs),
    close: () => timing.stop(),
  };
}
