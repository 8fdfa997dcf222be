import { type Clock, isoTime } from '../../../core/clock.ts';
import {
  countMembers,
  estimateBytes,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  withoutKey,
} from '../../../core/json.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { Arbiter, type InputTime } from '../../../feed/arbiter.ts';
import type { WritableStateFeed } from '../../../feed/state-feed.ts';
import { PollFailure } from '../../../source/poll-failure.ts';
import { applyMergePatch } from '../../../wire/merge-patch.ts';
import { EngineTime } from './engine-time.ts';
import { type LogContext, type Normalised, normalise } from './normalise.ts';
import { type Note, StandingNotes } from './notes.ts';
import type { Ownership } from './ownership.ts';
import { isDocumentedScalar, withoutPlaceholders } from './shape.ts';

const maxDocumentBytes = 16 * 1024 * 1024;
/** As many as the engine's three answers may have together; events may not exceed it. */
const maxDocumentMembers = 60_000;
const maxProtectedPaths = 100_000;
/** Measuring walks over the whole document, so it is done only after so many bytes or members of events. */
const measureEvery = { bytes: 256 * 1024, members: 5000 };

interface AggregateParts {
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Merges poll answers and events into the pending document of one feed. Commits nothing by itself. */
export class Aggregate {
  readonly #feed: WritableStateFeed;
  readonly #symbol: string | undefined;
  readonly #parts: AggregateParts;
  readonly #arbiter = new Arbiter();
  readonly #engineTime = new EngineTime();
  readonly #notes = new StandingNotes();
  readonly #warn: WarningThrottle;
  #unmeasured = { bytes: 0, members: 0 };
  #hasSpoken = false;

  /** @param symbol the only symbol that a state may be about; undefined: any */
  constructor(feed: WritableStateFeed, symbol: string | undefined, parts: AggregateParts) {
    this.#feed = feed;
    this.#symbol = symbol;
    this.#parts = parts;
    this.#warn = createWarningThrottle(parts.log, parts.clock);
  }

  /** The notes on what a source owns, from its last answer and from events since. */
  notesOf(source: string): readonly string[] {
    return this.#notes.of(source);
  }

  /** Whether the engine has stated its state: in an answer, or in an event with a `status`. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** Checks and normalises the body of a poll. Throws PollFailure where the source must count as failed. */
  readAnswer(name: string, body: JsonValue): Normalised {
    const partial = this.#parts.ownership.partial(name, body);
    const cleaned = withoutKey(partial, 'sources');
    if (cleaned !== partial)
      this.#parts.meter.count('bff_rejected_total', { edge: 'poll', reason: 'sources_key' });
    const normalised = normalise(cleaned, this.#logContext());
    // A list is valid only as one of the shapes of the section that the source fills.
    if (Array.isArray(body) && normalised.unknown.length > 0) {
      const detail = normalised.notes[0]?.text ?? '';
      throw new PollFailure('shape', 'the answer has the wrong shape', { detail });
    }
    if (name === 'state' && this.#symbol !== undefined && symbolOf(normalised.document) !== this.#symbol) {
      throw new PollFailure('shape', 'the answer is about another symbol');
    }
    const isOwn = ({ path: [key = ''] }: Note): boolean => this.#parts.ownership.ownerOf(key) === name;
    return { ...normalised, notes: normalised.notes.filter(isOwn) };
  }

  /** Stages an answer: it replaces all that its source owns, except what newer events protect. */
  applyAnswer(name: string, { document: answer, notes }: Normalised, startedAt: number): void {
    const before = this.#feed.pending;
    let document = this.#parts.ownership.replace(before, name, answer);
    if (name === 'state') document = this.#settleTopLevel(before, document, answer, startedAt);
    const time: InputTime = { engineTime: EngineTime.of(answer), localTime: startedAt };
    const { document: reconciled, undone } = this.#arbiter.reconcile(
      document,
      time,
      (key) => this.#parts.ownership.ownerOf(key) === name,
    );
    if (undone > 0) this.#parts.meter.count('bff_arbitrated_total', {}, undone);
    if (name === 'state') this.#hasSpoken = true;
    this.#feed.stage(reconciled);
    const isNews = this.#notes.answered(name, notes, reconciled, (path) => this.#arbiter.protects(path));
    this.#report('poll', notes, isNews);
  }

  /**
   * Stages an event that passed the intake.
   * @param bytes its size on the wire
   * @returns the merge patch that was applied, without `timestamp`; undefined where the document would be too large
   */
  applyEvent(event: JsonObject, receivedAt: number, bytes: number): JsonObject | undefined {
    const { document: said, notes, unknown } = normalise(event, this.#logContext());
    const patch = withoutKey(this.#forgetting(unknown, said), 'timestamp');
    const engineTime = EngineTime.of(said);
    // From here on the placeholders of the initial document would pass for figures.
    const speaks = typeof said.status === 'string' && said.status !== 'INITIALIZING';
    const before = speaks && !this.#hasSpoken ? withoutPlaceholders(this.#feed.pending) : this.#feed.pending;
    const merged = applyMergePatch(before, patch, isDocumentedScalar);
    if (this.#isTooLarge(merged, patch, bytes)) return undefined;
    this.#hasSpoken ||= speaks;
    this.#arbiter.protect(patch, { engineTime, localTime: receivedAt }, isDocumentedScalar);
    const timestamp = this.#engineTime.afterEvent(said, receivedAt);
    this.#feed.stage(timestamp === undefined ? merged : { ...merged, timestamp }, receivedAt);
    this.#report('event', notes, true);
    this.#notes.told(said, notes, (key) => this.#parts.ownership.ownerOf(key));
    return patch;
  }

  /** The merge patch, extended so that these sections lose all members that it does not set. */
  #forgetting(sections: readonly string[], patch: JsonObject): JsonObject {
    if (sections.length === 0) return patch;
    const { pending } = this.#feed;
    const forgotten = sections.map((section): [string, JsonValue] => {
      const known = pending[section];
      const said = patch[section] ?? null;
      if (!isJsonObject(known) || !isJsonObject(said)) return [section, said];
      return [section, { ...Object.fromEntries(Object.keys(known).map((key) => [key, null])), ...said }];
    });
    return { ...patch, ...Object.fromEntries(forgotten) };
  }

  #report(edge: 'poll' | 'event', notes: readonly Note[], isNews: boolean): void {
    const [first] = notes;
    if (first === undefined) return;
    this.#parts.meter.count('bff_rejected_total', { edge, reason: 'wrong_type' }, notes.length);
    if (isNews) this.#warn(edge, { edge, detail: first.text, fields: notes.length }, 'field of a wrong type');
  }

  /** Applies the rules for `timestamp`, for `status`, and for a state that is now about another symbol. */
  #settleTopLevel(
    before: JsonObject,
    document: JsonObject,
    answer: JsonObject,
    startedAt: number,
  ): JsonObject {
    const verdict = this.#engineTime.afterAnswer(answer, startedAt);
    if (verdict.wentBackTo !== undefined) {
      this.#arbiter.releaseNewerThan(verdict.wentBackTo);
      this.#parts.log.warn({ timestamp: answer.timestamp }, 'engine time went back: taken as a restart');
    }
    const [previous, current] = [symbolOf(before), symbolOf(document)];
    // Before the first answer no symbol is known, which does not count as another one.
    if (previous !== undefined && current !== undefined && previous !== current) {
      this.#arbiter.release('market');
    }
    return {
      ...document,
      timestamp: verdict.timestamp ?? before.timestamp ?? null,
      // Always in the payload: null where the engine gives none.
      status: answer.status ?? null,
    };
  }

  #isTooLarge(document: JsonObject, patch: JsonObject, eventBytes: number): boolean {
    const { bytes, members } = this.#unmeasured;
    this.#unmeasured = { bytes: bytes + eventBytes, members: members + countMembers(patch) };
    const isDue =
      this.#unmeasured.bytes >= measureEvery.bytes || this.#unmeasured.members >= measureEvery.members;
    if (!isDue) return false;
    if (this.#arbiter.size > maxProtectedPaths) this.#arbiter.clear();
    if (estimateBytes(document) > maxDocumentBytes || this.#hasTooMany(document)) return true;
    this.#unmeasured = { bytes: 0, members: 0 };
    return false;
  }

  /** An event that adds no members is accepted even by a full document: it may tell of a halt. */
  #hasTooMany(document: JsonObject): boolean {
    const members = countMembers(document);
    return members > maxDocumentMembers && members > countMembers(this.#feed.pending);
  }

  #logContext(): LogContext {
    return { tickTime: isoTime(this.#parts.clock.now()), previousLogs: this.#feed.pending.logs };
  }
}

/** The symbol that a document is about; undefined where it has none (yet). */
export function symbolOf(document: JsonObject): string | undefined {
  const symbol = isJsonObject(document.market) ? document.market.symbol : undefined;
  return typeof symbol === 'string' && symbol !== '' ? symbol : undefined;
}
