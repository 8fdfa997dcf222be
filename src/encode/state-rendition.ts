import type { Clock } from '../core/clock.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Meter } from '../core/meter.ts';
import type { Version } from '../feed/history.ts';
import type { Position } from '../feed/position.ts';
import type { Projection } from '../feed/projection.ts';
import { type Delta, diff } from '../wire/delta.ts';
import type { Encoder } from './encoder.ts';
import type { Message } from './message.ts';
import type { Packet, Rendition, Step, Update, Urgency } from './rendition.ts';

type TypedPacket = JsonObject & { readonly type: string };

/** How a dialect words an update. */
export interface PacketWords {
  full(data: JsonObject, position: Position): TypedPacket;
  /** Needed for the mode `delta`. */
  delta?(delta: Delta, base: number, position: Position): TypedPacket;
}

/** What is urgent of the change from one document to the next, in keys that the projection shows. */
export type UrgencyOf = (document: JsonObject, previous: JsonObject) => readonly Urgency[];

const neverUrgent: UrgencyOf = () => [];

export interface StateRenditionOptions {
  readonly dialect: string;
  readonly projection: Projection;
  readonly mode: 'full' | 'delta';
  readonly encode: Encoder;
  readonly words: PacketWords;
  /** Default: nothing is. */
  readonly urgencyOf?: UrgencyOf;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Deltas after which a full packet follows, for whoever lost the thread without noticing. */
const deltasPerKeyframe = 600;
/** A delta must be smaller than this share of the full packet. */
const worthwhile = 0.7;

/** A rendition of a state: what replaces all before it, told as what changed where that is better. */
export interface StateRendition extends Rendition {
  next(): StateUpdate;
}

/** A state feed's document, or some sections of it, as full packets or as deltas. */
export function createStateRendition(options: StateRenditionOptions): StateRendition {
  const { dialect, projection, mode, encode, words, urgencyOf = neverUrgent, clock, meter } = options;
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

  const updateTo = (version: Version, position: Position): StateUpdate => {
    // A whole packet has much in common with the one before, and next to nothing with a delta.
    const previous = mode === 'full' ? lastSweep?.main : undefined;
    const makeFull = () => timed(words.full(projection.of(version), position), position, previous);
    const update = new StateUpdate(version, position.seq, makeFull);
    // Where only what is unremarkable changed since: how to get here, and when it was learnt, are the same.
    if (newest?.seq === position.seq) update.continue(newest);
    return update;
  };

  const newestUpdate = (): StateUpdate => {
    if (newest?.version !== feed.current) newest = updateTo(feed.current, projection.position);
    return newest;
  };

  /** What changed since the last sweep, made when the first session that holds its base can take it. */
  const deltaOf = (update: StateUpdate, data: JsonObject, position: Position): LazyDelta | undefined => {
    const { delta: wordDelta } = words;
    if (wordDelta === undefined || deltasInARow >= deltasPerKeyframe) return undefined;
    const [{ seq: base, data: before }, previous] = [swept, lastSweep?.main];
    return new LazyDelta(base, () => {
      const delta = restate(diff(before, data), data, projection.unremarkable);
      if (delta === undefined) return undefined;
      const packet = timed(wordDelta(delta, base, position), position, previous);
      const { length } = packet.message.plain;
      // The full packet is only made where it may be the smaller one: making it each time is what deltas save.
      const certain = length < worthwhile * encode.leastBytes(data);
      return certain || length < worthwhile * update.full.message.plain.length ? packet : undefined;
    });
  };

  return {
    dialect,
    get seq() {
      return projection.position.seq;
    },
    latest: () => newestUpdate().full,
    after: (cursor) => newestUpdate().after(cursor),
    missedAfter: () => 0,
    next() {
      const { position } = projection;
      const update = newestUpdate();
      if (mode === 'delta' && position.seq !== swept.seq) {
        const data = projection.of(feed.current);
        deltasInARow = lastSweep?.wasToldAsDelta === true ? deltasInARow + 1 : 0;
        update.tellAsDelta(deltaOf(update, data, position));
        swept = { seq: position.seq, data };
      }
      lastSweep = update;
      return update;
    },
    onNews(listener) {
      stop = feed.onVersion((version, previous) => {
        if (projection.differs(version, previous)) listener(urgencyOf(version.document, previous.document));
      });
    },
    close: () => stop(),
  };
}

/** A delta with these keys of the document stated in it; none where it cannot state them. */
function restate(delta: Delta | undefined, data: JsonObject, keys: readonly string[]): Delta | undefined {
  if (delta === undefined || keys.length === 0) return delta;
  const stated: Record<string, JsonValue> = {};
  for (const key of keys) {
    const value = data[key];
    if (value === undefined) continue;
    // In a patch that would remove the key (RFC 7396 §2).
    if (typeof value === 'object') return undefined;
    stated[key] = value;
  }
  return { ...delta, patch: { ...delta.patch, ...stated } };
}

/** What leads from one state to the next, unless the whole is better. */
class LazyDelta {
  readonly base: number;
  readonly #make: () => Packet | undefined;
  #isMade = false;
  #packet: Packet | undefined;

  constructor(base: number, make: () => Packet | undefined) {
    this.base = base;
    this.#make = make;
  }

  get packet(): Packet | undefined {
    if (!this.#isMade) {
      this.#isMade = true;
      this.#packet = this.#make();
    }
    return this.#packet;
  }

  /** The same, if anybody needed it. */
  get made(): Packet | undefined {
    return this.#packet;
  }
}

/** One version, made ready. Its packets are made when first asked for, and once. */
class StateUpdate implements Update {
  /** What the feed holds. */
  readonly version: Version;
  readonly seq: number;
  receivedAt: number | undefined;
  readonly #makeFull: () => Packet;
  #full: Step | undefined;
  #delta: LazyDelta | undefined;
  #deltaStep: Step | undefined;

  constructor(version: Version, seq: number, makeFull: () => Packet) {
    this.version = version;
    this.seq = seq;
    this.receivedAt = version.receivedAt;
    this.#makeFull = makeFull;
  }

  /** A delta goes only to those who hold exactly its base; all others get the whole. */
  after(cursor: number): Step {
    const delta = this.#delta?.base === cursor ? this.#delta.packet : undefined;
    if (delta !== undefined) {
      this.#deltaStep ??= { packet: delta, seq: this.seq, missed: 0 };
      return this.#deltaStep;
    }
    this.#full ??= { packet: this.#makeFull(), seq: this.seq, missed: 0 };
    return this.#full;
  }

  /** The whole state. */
  get full(): Packet {
    return this.after(0).packet;
  }

  /** What changed since the last sweep, where that is worthwhile. */
  get delta(): (Packet & { readonly base: number }) | undefined {
    const packet = this.#delta?.packet;
    return this.#delta && packet && { ...packet, base: this.#delta.base };
  }

  get wasToldAsDelta(): boolean {
    return this.#delta?.made !== undefined;
  }

  tellAsDelta(delta: LazyDelta | undefined): void {
    this.#delta = delta;
  }

  continue(before: StateUpdate): void {
    this.receivedAt = before.receivedAt;
    this.#delta = before.#delta;
  }

  /** What most sessions are sent of it, if it was made. */
  get main(): Message | undefined {
    return (this.#delta?.made ?? this.#full?.packet)?.message;
  }
}
