import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Version } from '../feed/history.ts';
import type { StateFeed } from '../feed/state-feed.ts';
import type { Frame } from './frame.ts';

/** One update of a rendition, rendered and framed. */
export interface Update {
  readonly seq: number;
  readonly frame: Frame;
  /** Packet type, for the metrics. */
  readonly type: string;
  /** When the earliest event in it was received, monotonic ms; absent where none is in it. */
  readonly receivedAt?: number;
}

/**
 * One way of seeing one feed. All sessions that want to see it this way share the rendition, and each update is
 * rendered once, however many they are.
 */
export interface Rendition {
  readonly dialect: string;
  /** Newest version in which what this rendition shows changed. */
  readonly seq: number;
  /** The newest state, whole. Rendered when first asked for. */
  latest(): Update;
  /** Calls the listener, the channel that delivers it, when there is news. */
  onNews(listener: () => void): void;
}

export interface StateRenditionOptions {
  readonly dialect: string;
  readonly type: string;
  readonly feed: StateFeed;
  readonly render: (version: Version) => Frame;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** The whole document of a state feed, as full packets. */
export function createStateRendition(options: StateRenditionOptions): Rendition {
  const { dialect, type, feed, render, clock, meter } = options;
  let rendered: Update | undefined;
  return {
    dialect,
    get seq() {
      return feed.current.seq;
    },
    latest() {
      const version = feed.current;
      if (rendered?.seq === version.seq) return rendered;
      const startedAt = clock.monotonic();
      const frame = render(version);
      meter.observe('bff_encode_seconds', {}, (clock.monotonic() - startedAt) / 1000);
      const { receivedAt } = version;
      rendered = { seq: version.seq, frame, type, ...(receivedAt === undefined ? {} : { receivedAt }) };
      return rendered;
    },
    onNews: (listener) => void feed.onVersion(listener),
  };
}
