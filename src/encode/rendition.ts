import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Meter } from '../core/meter.ts';
import type { Position } from '../feed/position.ts';
import type { Projection } from '../feed/projection.ts';
import { type Delta, diff } from '../wire/delta.ts';
import type { Encoder } from './encoder.ts';
import type { Message } from './message.ts';

/** A packet made ready. */
export interface Packet {
  /** Packet type, for the metrics. */
  readonly type: string;
  readonly message: Message;
}

/** One update of a rendition. Its messages are made when first asked for, and once. */
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
  let newest: StateUpdate | undefined;
  let lastSweep: StateUpdate | undefined;
  let swept = { seq: projection.position.seq, data: projection.of(feed.current) };
  let deltasInARow = 0;

  const timed = (packet: TypedPacket, position: Position, previous?: Message): Packet => {
    const startedAt = clock.monotonic();
    const message = encode(packet, position, previous);
    meter.observe('bff_encode_seconds', {}, (clock.monotonic() - startedAt) / 1000);
    return { type: packet.type, message };
  };

  const updateTo = (data: JsonObject, position: Position): StateUpdate => {
    // A whole packet has much in common with the one before, and next to nothing with a delta.
    const previous = mode === 'full' ? lastSweep?.main : undefined;
    const makeFull = () => timed(words.full(data, position), position, previous);
    return new StateUpdate(position.seq, feed.current.receivedAt, makeFull);
  };

  const latest = (): StateUpdate => {
    const { position } = projection;
    if (newest?.seq !== position.seq) newest = updateTo(projection.of(feed.current), position);
    return newest;
  };

  const addDelta = (update: StateUpdate, data: JsonObject, position: Position): void => {
    if (deltasInARow >= deltasPerKeyframe) return;
    const delta = diff(swept.data, data);
    if (delta === undefined) return;
    const base = swept.seq;
    const packet = timed(words.delta(delta, base, position), position, lastSweep?.main);
    const { length } = packet.message.plain;
    // The full packet is only made where it may be the smaller one: making it each time is what deltas save.
    const certain = length < worthwhile * encode.leastBytes(data);
    if (certain || length < worthwhile * update.full.message.plain.length) update.delta = { ...packet, base };
  };

  return {
    dialect,
    get seq() {
      return projection.position.seq;
    },
    latest,
    next() {
      const { position } = projection;
      const update = latest();
      if (mode === 'delta' && position.seq !== swept.seq) {
        const data = projection.of(feed.current);
        addDelta(update, data, position);
        deltasInARow = update.delta === undefined ? 0 : deltasInARow + 1;
        swept = { seq: position.seq, data };
      }
      lastSweep = update;
      return update;
    },
    onNews(listener) {
      stop = feed.onVersion((version, previous) => {
        if (projection.differs(version, previous)) listener();
      });
    },
    close: () => stop(),
  };
}

class StateUpdate implements Update {
  readonly seq: number;
  readonly receivedAt: number | undefined;
  delta: Update['delta'];
  readonly #makeFull: () => Packet;
  #full: Packet | undefined;

  constructor(seq: number, receivedAt: number | undefined, makeFull: () => Packet) {
    this.seq = seq;
    this.receivedAt = receivedAt;
    this.#makeFull = makeFull;
  }

  get full(): Packet {
    this.#full ??= this.#makeFull();
    return this.#full;
  }

  /** What most sessions are sent of it, if it was made. */
  get main(): Message | undefined {
    return (this.delta ?? this.#full)?.message;
  }
}
