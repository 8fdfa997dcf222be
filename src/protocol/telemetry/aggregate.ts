import { type Clock, isoTime } from '../../core/clock.ts';
import { estimateBytes, isJsonObject, type JsonObject, type JsonValue, withoutKey } from '../../core/json.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import { Arbiter, type InputTime } from '../../feed/arbiter.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import { PollFailure } from '../../source/poll-failure.ts';
import { applyMergePatch } from '../../wire/merge-patch.ts';
import { EngineTime } from './engine-time.ts';
import { normalise } from './normalise.ts';
import type { Ownership } from './ownership.ts';
import { documentedSections, isDocumentedScalar, shapeFault } from './shape.ts';

export interface AggregateOptions {
  readonly feed: StateFeed;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** Largest event taken, in bytes. Default 1 MiB. */
  readonly maxEventBytes?: number;
}

/** Why an event, or a part of one, was not applied: label values of `bff_rejected_total{edge="event"}`. */
type EventRefusal =
  | 'too_large'
  | 'malformed'
  | 'too_deep'
  | 'forbidden_key'
  | 'shape'
  | 'non_finite'
  | 'section_removal'
  | 'sources_key'
  | 'document_full';

const maxDocumentBytes = 16 * 1024 * 1024;
const maxProtectedPaths = 100_000;
const measureEveryBytes = 256 * 1024;

/** Merges poll answers and events into the pending document of one feed. Commits nothing by itself. */
export class Aggregate {
  readonly #options: AggregateOptions;
  readonly #arbiter = new Arbiter();
  readonly #engineTime = new EngineTime();
  readonly #warn: WarningThrottle;
  #unmeasuredBytes = 0;

  constructor(options: AggregateOptions) {
    this.#options = options;
    this.#warn = createWarningThrottle(options.log, options.clock);
  }

  /** Checks and normalises the body of a poll. Throws PollFailure where the source must count as failed. */
  readAnswer(name: string, body: JsonValue): JsonObject {
    const { ownership, meter } = this.#options;
    const partial = ownership.partial(name, body);
    const fault = shapeFault(partial);
    if (fault !== undefined)
      throw new PollFailure('shape', 'the answer has the wrong shape', { detail: fault });
    const cleaned = withoutKey(partial, 'sources');
    if (cleaned !== partial) meter.count('bff_rejected_total', { edge: 'poll', reason: 'sources_key' });
    return normalise(cleaned, this.#normaliseContext());
  }

  /** Stages an answer: it replaces all that its source owns, except what newer events protect. */
  applyAnswer(name: string, answer: JsonObject, startedAt: number): void {
    const { feed, ownership, meter } = this.#options;
    const before = feed.pending;
    let document = ownership.replace(before, name, answer);
    if (name === 'state') document = this.#settleTopLevel(before, document, answer, startedAt);
    const time: InputTime = { engineTime: EngineTime.of(answer), localTime: startedAt };
    const { document: reconciled, undone } = this.#arbiter.reconcile(
      document,
      time,
      (key) => ownership.ownerOf(key) === name,
    );
    if (undone > 0) meter.count('bff_arbitrated_total', {}, undone);
    feed.stage(reconciled);
  }

  /** Stages an event. False where nothing of it was taken. */
  applyEvent(message: Buffer, receivedAt: number): boolean {
    const event = this.#readEvent(message);
    if (event === undefined) return false;
    const { feed } = this.#options;
    const patch = withoutKey(event, 'timestamp');
    const engineTime = EngineTime.of(event);
    const merged = applyMergePatch(feed.pending, patch, isDocumentedScalar);
    if (this.#isTooLarge(merged, message.length)) return false;
    this.#arbiter.protect(patch, { engineTime, localTime: receivedAt }, isDocumentedScalar);
    const timestamp = this.#engineTime.afterEvent(event, receivedAt);
    feed.stage(timestamp === undefined ? merged : { ...merged, timestamp }, receivedAt);
    return true;
  }

  /** The rules for `timestamp` and `status`, and for a state that is suddenly another symbol's. */
  #settleTopLevel(
    before: JsonObject,
    document: JsonObject,
    answer: JsonObject,
    startedAt: number,
  ): JsonObject {
    const verdict = this.#engineTime.afterAnswer(answer, startedAt);
    if (verdict.wentBack) {
      this.#arbiter.releaseNewerThan(verdict.engineTime);
      this.#options.log.warn({ timestamp: answer.timestamp }, 'engine time went back: taken as a restart');
    }
    if (symbolOf(before) !== symbolOf(document)) this.#arbiter.release('market');
    return {
      ...document,
      timestamp: verdict.timestamp ?? before.timestamp ?? null,
      // Always in the payload; null is what a document says of a value that its engine does not give.
      status: answer.status ?? null,
    };
  }

  #readEvent(message: Buffer): JsonObject | undefined {
    const { maxEventBytes = 1024 * 1024 } = this.#options;
    if (message.length > maxEventBytes) return this.#refuse('too_large', `${message.length} bytes`);
    const parsed = parseUntrusted(message.toString('utf8'), { nonFinite: 'drop' });
    if (!parsed.ok) return this.#refuse(parsed.reason, parsed.detail);
    if (!isJsonObject(parsed.value)) return this.#refuse('shape', 'not an object');
    for (const path of parsed.nonFinite) this.#refuse('non_finite', path);

    const event = this.#withoutRefusedKeys(unwrap(parsed.value));
    const fault = shapeFault(event);
    if (fault !== undefined) return this.#refuse('shape', fault);
    const symbol = symbolOf(event);
    const expected = symbolOf(this.#options.feed.pending);
    if (symbol !== undefined && expected !== undefined && symbol !== expected) {
      // Nothing wrong with it: it is about something that nobody here looks at.
      this.#options.meter.count('bff_rejected_total', { edge: 'event', reason: 'other_symbol' });
      return undefined;
    }
    return normalise(event, this.#normaliseContext());
  }

  #withoutRefusedKeys(event: JsonObject): JsonObject {
    let kept = withoutKey(event, 'sources');
    if (kept !== event) this.#refuse('sources_key', 'sources');
    for (const section of documentedSections) {
      if (kept[section] !== null) continue;
      this.#refuse('section_removal', section);
      kept = withoutKey(kept, section);
    }
    return kept;
  }

  /** Measuring costs a walk over the document, so it is done once for each 256 KiB of events. */
  #isTooLarge(document: JsonObject, eventBytes: number): boolean {
    this.#unmeasuredBytes += eventBytes;
    if (this.#unmeasuredBytes < measureEveryBytes) return false;
    if (this.#arbiter.size > maxProtectedPaths) this.#arbiter.clear();
    const bytes = estimateBytes(document);
    if (bytes > maxDocumentBytes) {
      this.#refuse(
        'document_full',
        `the document would have ${bytes} bytes, allowed are ${maxDocumentBytes}`,
      );
      return true;
    }
    this.#unmeasuredBytes = 0;
    return false;
  }

  #refuse(reason: EventRefusal, detail: string): undefined {
    this.#options.meter.count('bff_rejected_total', { edge: 'event', reason });
    this.#warn(reason, { reason, detail: detail.slice(0, 200) }, 'event refused');
    return undefined;
  }

  #normaliseContext() {
    const { clock, feed } = this.#options;
    return { tickTime: isoTime(clock.now()), previousLogs: feed.pending.logs };
  }
}

/** `{type, data: {…}}` around an event is taken off. */
function unwrap(event: JsonObject): JsonObject {
  return typeof event.type === 'string' && isJsonObject(event.data) ? event.data : event;
}

/** The symbol a document is about; undefined where it does not say, or does not know yet. */
function symbolOf(document: JsonObject): string | undefined {
  const symbol = isJsonObject(document.market) ? document.market.symbol : undefined;
  return typeof symbol === 'string' && symbol !== '' ? symbol : undefined;
}
