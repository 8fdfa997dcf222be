import type { Clock } from '../core/clock.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Meter } from '../core/meter.ts';
import type { Version } from '../feed/history.ts';
import { formatPosition, type Position } from '../feed/position.ts';
import type { Projection } from '../feed/projection.ts';
import type { StateFeed } from '../feed/state-feed.ts';
import { type Delta, diff } from '../wire/delta.ts';
import type { Encoding } from './encoding.ts';
import { Message, type Packet } from './message.ts';
import type { NewsListener, Rendition, Step, SweepUpdate, Urgency } from './rendition.ts';

/** The packets in which a dialect tells of a state. */
export interface PacketWords {
  full(data: JsonObject, position: Position): Packet;
  /** Needed for the mode `delta`. */
  delta?(delta: Delta, base: number, position: Position): Packet;
}

/** What is urgent of the change from one document to the next, in keys that the projection shows. */
export type UrgencyOf = (document: JsonObject, previous: JsonObject) => readonly Urgency[];

interface StateRenditionOptions {
  readonly dialect: string;
  readonly projection: Projection;
  readonly mode: 'full' | 'delta';
  readonly encoding: Encoding;
  readonly words: PacketWords;
  /** Default: nothing is. */
  readonly urgencyOf?: UrgencyOf | undefined;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Deltas in a row after which a full packet follows, for clients that lost track without noticing. */
const deltasPerKeyframe = 600;
/** A delta must be smaller than this share of the full packet. */
const worthwhile = 0.7;

/** A state feed's document, or some sections of it, as full packets or as deltas. */
export class StateRendition implements Rendition {
  readonly dialect: string;
  readonly projection: Projection;
  readonly encoding: Encoding;
  readonly #options: StateRenditionOptions;
  readonly #feed: StateFeed;
  #stop = (): void => {};
  #newest: StateUpdate | undefined;
  #lastSweep: StateUpdate | undefined;
  /** What the last sweep brought all sessions to. */
  #swept: { readonly seq: number; readonly data: JsonObject };
  #deltasInARow = 0;

  constructor(options: StateRenditionOptions) {
    const { dialect, projection, encoding } = options;
    this.dialect = dialect;
    this.projection = projection;
    this.encoding = encoding;
    this.#options = options;
    this.#feed = projection.feed;
    this.#swept = { seq: projection.position.seq, data: projection.of(this.#feed.current) };
  }

  get seq(): number {
    return this.projection.position.seq;
  }

  latest(): Message {
    return this.#newestUpdate().full;
  }

  after(cursor: number): Step {
    return this.#newestUpdate().after(cursor);
  }

  /** Past documents are not kept here: a dialect that resumes from one makes the first message itself. */
  cursorAt(): undefined {
    return undefined;
  }

  droppedAfter(): number {
    return 0;
  }

  next(): StateUpdate {
    const { position } = this.projection;
    const update = this.#newestUpdate();
    if (this.#options.mode === 'delta' && position.seq !== this.#swept.seq) {
      const data = this.projection.of(this.#feed.current);
      this.#deltasInARow = this.#lastSweep?.wasToldAsDelta === true ? this.#deltasInARow + 1 : 0;
      update.lazyDelta = this.#deltaOf(update, data, position);
      this.#swept = { seq: position.seq, data };
    }
    this.#lastSweep = update;
    return update;
  }

  onNews(listener: NewsListener): void {
    const { urgencyOf } = this.#options;
    this.#stop = this.#feed.onVersion((version, previous) => {
      if (!this.projection.differs(version, previous)) return;
      listener(urgencyOf?.(version.document, previous.document) ?? []);
    });
  }

  close(): void {
    this.#stop();
  }

  #newestUpdate(): StateUpdate {
    const { current } = this.#feed;
    if (this.#newest?.version !== current) this.#newest = this.#updateTo(current, this.projection.position);
    return this.#newest;
  }

  #updateTo(version: Version, position: Position): StateUpdate {
    const { mode, words } = this.#options;
    // A whole packet has much in common with the one before, and next to nothing with a delta.
    const previous = mode === 'full' ? this.#lastSweep?.main : undefined;
    const makeFull = () => this.#timed(words.full(this.projection.of(version), position), position, previous);
    const before = this.#newest?.seq === position.seq ? this.#newest : undefined;
    return new StateUpdate(version, position.seq, before, makeFull);
  }

  /** What changed since the last sweep, made when the first session that holds its base can take it. */
  #deltaOf(update: StateUpdate, data: JsonObject, position: Position): LazyDelta | undefined {
    const { delta: wordDelta } = this.#options.words;
    if (wordDelta === undefined || this.#deltasInARow >= deltasPerKeyframe) return undefined;
    const [{ seq: base, data: before }, previous] = [this.#swept, this.#lastSweep?.main];
    return new LazyDelta(base, () => {
      const delta = restate(diff(before, data), data, this.projection.unremarkable);
      if (delta === undefined) return undefined;
      const message = this.#timed(wordDelta(delta, base, position), position, previous);
      const { length } = message.payload;
      // The full packet is only made where it may be the smaller one: making it each time is what deltas save.
      const certain = length < worthwhile * this.encoding.leastBytes(data);
      const isWorthwhile = certain || length < worthwhile * update.full.payload.length;
      return isWorthwhile ? { message, seq: position.seq, dropped: 0 } : undefined;
    });
  }

  /** Makes a message, and counts how long that took. */
  #timed(packet: Packet, position: Position, previous: Message | undefined): Message {
    const { clock, meter } = this.#options;
    const startedAt = clock.monotonic();
    const message = new Message(packet, this.encoding, { position: formatPosition(position), previous });
    meter.observe('bff_encode_seconds', {}, (clock.monotonic() - startedAt) / 1000);
    return message;
  }
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

/** The delta from one state to the next, if it is worthwhile: made once, when first asked for. */
class LazyDelta {
  readonly base: number;
  readonly #make: () => Step | undefined;
  #isMade = false;
  #step: Step | undefined;

  constructor(base: number, make: () => Step | undefined) {
    this.base = base;
    this.#make = make;
  }

  get step(): Step | undefined {
    if (!this.#isMade) {
      this.#isMade = true;
      this.#step = this.#make();
    }
    return this.#step;
  }

  /** The same, if it was made already. */
  get made(): Step | undefined {
    return this.#step;
  }
}

/** One version, made ready. Its messages are made when first asked for, and once. */
class StateUpdate implements SweepUpdate {
  readonly version: Version;
  readonly seq: number;
  receivedAt: number | undefined;
  /** What changed since the last sweep. Undefined: only the full packet is sent. */
  lazyDelta: LazyDelta | undefined;
  readonly #makeFull: () => Message;
  #full: Step | undefined;

  /** @param before the update to the same `seq`: only unremarkable keys changed since, so its delta fits */
  constructor(version: Version, seq: number, before: StateUpdate | undefined, makeFull: () => Message) {
    this.version = version;
    this.seq = seq;
    this.receivedAt = before === undefined ? version.receivedAt : before.receivedAt;
    this.lazyDelta = before?.lazyDelta;
    this.#makeFull = makeFull;
  }

  /** A delta is sent only to sessions at exactly its base; all others are sent the full packet. */
  after(cursor: number): Step {
    const delta = this.lazyDelta?.base === cursor ? this.lazyDelta.step : undefined;
    if (delta !== undefined) return delta;
    this.#full ??= { message: this.#makeFull(), seq: this.seq, dropped: 0 };
    return this.#full;
  }

  /** The whole state. */
  get full(): Message {
    return this.after(0).message;
  }

  /** What changed since the last sweep, where that is worthwhile. */
  get delta(): { readonly message: Message; readonly base: number } | undefined {
    const step = this.lazyDelta?.step;
    return this.lazyDelta && step && { message: step.message, base: this.lazyDelta.base };
  }

  get wasToldAsDelta(): boolean {
    return this.lazyDelta?.made !== undefined;
  }

  /** What most sessions are sent of it, if it was made. */
  get main(): Message | undefined {
    return (this.lazyDelta?.made ?? this.#full)?.message;
  }
}
