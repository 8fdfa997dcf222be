import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Meter } from '../core/meter.ts';
import type { Position } from '../feed/position.ts';
import type { Projection } from '../feed/projection.ts';
import { type Delta, diff } from '../wire/delta.ts';
import type { Encoder } from './encoder.ts';
import type { Frame } from './frame.ts';

/** A packet made ready. */
export interface Packet {
  /** Packet type, for the metrics. */
  readonly type: string;
  readonly frame: Frame;
}

/** One update of a rendition. Its frames are made when first asked for, and once. */
export interface Update {
  readonly seq: number;
  /** The whole state. */
  readonly full: Packet;
  /** What changed, for those who hold exactly `base`. */
  readonly delta: (Packet & { readonly base: number }) | undefined;
  /** When the earliest event in it was received, monotonic ms; undefined where none is in it. */
  readonly receivedAt: number | undefined;
}

/**
 * One way of seeing one feed. All sessions that want to see it this way share the rendition, and each update is
 * rendered once, however many they are.
 */
export interface Rendition {
  readonly dialect: string;
  /** Newest version in which what this rendition shows changed. */
  readonly seq: number;
  /** The newest state. */
  latest(): Update;
  /** The newest state for a sweep over all sessions, told as a delta from the last sweep where that is better. */
  next(): Update;
  /** Calls the listener, the channel that delivers it, when there is news. */
  onNews(listener: () => void): void;
  close(): void;
}

type TypedPacket = JsonObject & { readonly type: string };

/** How a dialect words an update. */
export interface PacketWords {
  full(data: JsonObject, position: Position): TypedPacket;
  delta(delta: Delta, base: number, position: Position): TypedPacket;
}

export interface StateRenditionOptions {
  readonly dialect: string;
  readonly projection: Projection;
  readonly mode: 'full' | 'delta';
  readonly encode: Encoder;
  readonly words: PacketWords;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Deltas after which a full packet follows, for whoever lost the thread without noticing. */
const deltasPerKeyframe = 600;
/** A delta must be smaller than this share of the full packet. */
const worthwhile = 0.7;

/** A state feed's document, or some sections of it, as full packets or as deltas. */
export function createStateRendition(options: StateRenditionOptions): Rendition {
  const { dialect, projection, mode, encode, words, clock, meter } = options;
  const { feed } = projection;
  let stop = (): void => {};
  let newest: Update | undefined;
  let swept = { seq: projection.position.seq, data: projection.of(feed.current) };
  let deltasInARow = 0;

  const timed = (packet: TypedPacket, position: Position): Packet => {
    const startedAt = clock.monotonic();
    const frame = encode(packet, position);
    meter.observe('bff_encode_seconds', {}, (clock.monotonic() - startedAt) / 1000);
    return { type: packet.type, frame };
  };

  /** The full packet, made when it is first needed. */
  const lazyFull = (data: JsonObject, position: Position): (() => Packet) => {
    let full: Packet | undefined;
    return () => {
      full ??= timed(words.full(data, position), position);
      return full;
    };
  };

  const latest = (): Update => {
    const { position } = projection;
    if (newest?.seq !== position.seq) {
      newest = asUpdate(position.seq, lazyFull(projection.of(feed.current), position), undefined);
    }
    return newest;
  };

  const asUpdate = (seq: number, full: () => Packet, delta: Update['delta']): Update => ({
    seq,
    delta,
    receivedAt: feed.current.receivedAt,
    get full() {
      return full();
    },
  });

  const makeDelta = (data: JsonObject, position: Position, full: () => Packet): Update['delta'] => {
    if (deltasInARow >= deltasPerKeyframe) return undefined;
    const delta = diff(swept.data, data);
    if (delta === undefined) return undefined;
    const base = swept.seq;
    const packet = timed(words.delta(delta, base, position), position);
    // The full packet is only made where it may be the smaller one: making it each time is what deltas save.
    const certain = packet.frame.length < worthwhile * encode.leastBytes(data);
    return certain || packet.frame.length < worthwhile * full().frame.length
      ? { ...packet, base }
      : undefined;
  };

  return {
    dialect,
    get seq() {
      return projection.position.seq;
    },
    latest,
    next() {
      const { position } = projection;
      if (mode === 'full' || position.seq === swept.seq) return latest();
      const data = projection.of(feed.current);
      const made = newest?.seq === position.seq ? newest : undefined;
      const full = made === undefined ? lazyFull(data, position) : () => made.full;
      const delta = makeDelta(data, position, full);
      deltasInARow = delta === undefined ? 0 : deltasInARow + 1;
      swept = { seq: position.seq, data };
      newest = asUpdate(position.seq, full, delta);
      return newest;
    },
    onNews(listener) {
      stop = feed.onVersion((version, previous) => {
        if (projection.differs(version, previous)) listener();
      });
    },
    close: () => stop(),
  };
}
