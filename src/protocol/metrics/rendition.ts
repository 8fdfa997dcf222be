import { equalJson, type JsonObject } from '../../core/json.ts';
import type { Message } from '../../encode/message.ts';
import type { NewsListener, Rendition, Step, SweepUpdate, Urgency } from '../../encode/rendition.ts';
import type { Version } from '../../feed/history.ts';
import type { Lease } from '../../feed/registry.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import { metricsMessage, type SnapshotMessages } from './messages.ts';
import {
  dataSeq,
  noPosition,
  positionAt,
  type RangeState,
  rangeStateOf,
  snapshotPosition,
} from './range-state.ts';
import { narrowed } from './sections.ts';

/**
 * The cursor of a client that holds the data of this `seq`, of another view or connection, and is to be told at once
 * what it lacks: below any other, it waits for no interval. 0: it holds nothing.
 */
const cursorOfHolder = (heldSeq: number): number => -1 - heldSeq;
/** What a client at a cursor holds. */
const heldAt = (cursor: number): number => (cursor < 0 ? -1 - cursor : cursor);
/** `seq` while there is nothing to show, and the cursor of a client that waits for it. */
const nothingYet = 1;

/**
 * A range, or some sections of it. A session is sent the snapshot after each change, and an error when polls begin to
 * fail: one that lacks both is sent the snapshot first. The end of a fault is news even where the data is the same, as
 * clients would not learn that it is live again.
 */
export class MetricsRendition implements Rendition {
  readonly dialect = 'metrics';
  readonly #range: Lease<StateFeed>;
  readonly #sections: readonly string[] | undefined;
  readonly #messages: SnapshotMessages;
  readonly #stop: () => void;
  /** Of the newest change of what it shows of the snapshot. */
  #dataSeq: number;
  #newest: Shown;
  #onNews: NewsListener = () => {};

  /**
   * @param range given back when it is closed
   * @param sections canonical. Undefined: all
   */
  constructor(range: Lease<StateFeed>, sections: readonly string[] | undefined, messages: SnapshotMessages) {
    this.#range = range;
    this.#sections = sections;
    this.#messages = messages;
    // Of some sections, the data may not have changed as lately.
    this.#dataSeq = dataSeq(range.resource);
    this.#newest = this.#shownNow();
    this.#stop = range.resource.onVersion((version, previous) => this.#take(version, previous));
  }

  #take(version: Version, previous: Version): void {
    const [now, before] = [rangeStateOf(version.document), rangeStateOf(previous.document)];
    if (now.isAwaited) return;
    const isRecovered = before.fault !== undefined && now.fault === undefined;
    if (isRecovered || this.#differs(now, before)) this.#dataSeq = version.seq;
    const urgencies: Urgency[] = [];
    if (before.isAwaited || (before.data === undefined && now.data !== undefined)) urgencies.push('now');
    if (before.fault !== now.fault) urgencies.push('limited');
    if (this.#dataSeq === version.seq || urgencies.length > 0) this.#onNews(urgencies);
  }

  #differs({ data: now }: RangeState, { data: before }: RangeState): boolean {
    if (now === before) return false;
    return before === undefined || now === undefined || !equalJson(this.#shownOf(now), this.#shownOf(before));
  }

  #shownOf(data: JsonObject): JsonObject {
    return this.#sections === undefined ? data : narrowed(data, this.#sections);
  }

  get seq(): number {
    return this.#shown().seq;
  }

  /** Where a client is that has all it shows. */
  get position(): string {
    return positionAt(this.#range.resource, this.seq);
  }

  latest(): Message {
    return this.#shown().latest;
  }

  after(cursor: number): Step {
    return this.#shown().after(cursor);
  }

  /**
   * Where a client is here that was sent everything up to a cursor of another rendition, of the same range and
   * sections: while a fault lasts it may have the snapshot and still lack the error.
   */
  positionFrom(other: MetricsRendition, cursor: number): string {
    if (cursor >= other.seq) return this.position;
    return heldAt(cursor) >= other.#dataSeq ? snapshotPosition(this.#range.resource) : noPosition;
  }

  /** @param position of the last snapshot that the client holds, or `position` */
  cursorAt(position: string): number {
    const { seq } = this;
    if (position === this.position) return seq;
    if (position === snapshotPosition(this.#range.resource)) {
      return seq > this.#dataSeq ? cursorOfHolder(this.#dataSeq) : this.#dataSeq;
    }
    return seq === nothingYet ? nothingYet : cursorOfHolder(0);
  }

  droppedAfter(): number {
    return 0;
  }

  next(): SweepUpdate {
    return this.#shown();
  }

  onNews(listener: NewsListener): void {
    this.#onNews = listener;
  }

  close(): void {
    this.#stop();
    this.#range.release();
  }

  #shown(): Shown {
    if (this.#newest.version !== this.#range.resource.current) this.#newest = this.#shownNow();
    return this.#newest;
  }

  #shownNow(): Shown {
    const feed = this.#range.resource;
    const version = feed.current;
    const makeSnapshot = () => this.#messages.of(version, snapshotPosition(feed), this.#sections);
    return new Shown(version, { ofData: this.#dataSeq, ofFault: feed.changedAt('fault') }, makeSnapshot);
  }
}

/** One version, as all sessions are sent it. Its messages are made when first asked for, and once. */
class Shown implements SweepUpdate {
  readonly version: Version;
  readonly receivedAt = undefined;
  readonly seq: number;
  readonly #dataSeq: number;
  readonly #state: RangeState;
  readonly #makeSnapshot: () => Message;
  #snapshot: Message | undefined;
  #error: Message | undefined;

  constructor(
    version: Version,
    { ofData, ofFault }: { readonly ofData: number; readonly ofFault: number },
    makeSnapshot: () => Message,
  ) {
    const state = rangeStateOf(version.document);
    this.version = version;
    this.#dataSeq = ofData;
    this.#state = state;
    this.#makeSnapshot = makeSnapshot;
    const isKnown = state.data !== undefined || state.fault !== undefined;
    if (state.isAwaited || !isKnown) this.seq = nothingYet;
    else this.seq = state.fault === undefined ? ofData : ofFault;
  }

  after(cursor: number): Step {
    const { fault, data } = this.#state;
    if (fault === undefined) return { message: this.#snapshotMessage, seq: this.seq, dropped: 0 };
    if (data !== undefined && heldAt(cursor) < this.#dataSeq) {
      const seq = cursor < 0 ? cursorOfHolder(this.#dataSeq) : this.#dataSeq;
      return { message: this.#snapshotMessage, seq, dropped: 0 };
    }
    this.#error ??= metricsMessage('error', fault);
    return { message: this.#error, seq: this.seq, dropped: 0 };
  }

  /** What a client is told that asks for what there is, without regard to what it has. */
  get latest(): Message {
    return this.after(this.#dataSeq).message;
  }

  get #snapshotMessage(): Message {
    this.#snapshot ??= this.#makeSnapshot();
    return this.#snapshot;
  }
}
