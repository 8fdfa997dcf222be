import type { Version } from '../../../feed/history.ts';
import type { Projection } from '../../../feed/projection.ts';
import type { HistorySpan } from './history-query.ts';

const maxPoints = 600;

/** The points of a walk, and undefined for each version that it has looked at besides. */
export type Steps = Generator<Version | undefined, void>;

interface Plan {
  /** `seq` of the first and of the last version in the span; none is where the first is beyond the last. */
  readonly first: number;
  readonly last: number;
  /** `seq` of the last version before the end of the span. */
  readonly end: number;
  readonly stepMs: number;
}

/**
 * Goes through the kept versions of a projection, oldest first. It holds numbers only: versions are not kept for a
 * reader that is slow, and those that the history drops meanwhile are left out.
 */
export class HistoryWalk {
  readonly #projection: Projection;
  readonly #spokenSince: number;
  readonly #newest: number;
  readonly #span: HistorySpan;
  #plan: Plan | undefined;

  /** @param spokenSince the first version with data of the engine */
  constructor(projection: Projection, spokenSince: number, span: HistorySpan) {
    this.#projection = projection;
    this.#spokenSince = spokenSince;
    this.#newest = projection.feed.current.seq;
    this.#span = span;
  }

  /**
   * The last version of each step, of those in which something shown has changed. The last point is how it stood at the
   * end of the span, even where nothing has changed within. Each time it is called they are the same, as far as they
   * are still held.
   */
  *points(): Steps {
    this.#plan ??= yield* this.#makePlan();
    const { first, last, end, stepMs } = this.#plan;
    let candidate: { readonly seq: number; readonly step: number } | undefined;
    for (let seq = Math.max(first, this.#oldest); seq <= last; seq = Math.max(seq + 1, this.#oldest)) {
      yield undefined;
      if (!this.#isInSpan(this.#age(seq)) || !this.#isShown(seq)) continue;
      const step = stepMs === 0 ? seq : Math.floor(this.#age(seq) / stepMs);
      const done = candidate;
      candidate = { seq, step };
      if (done !== undefined && done.step !== step) yield this.#version(done.seq);
    }
    yield candidate === undefined ? yield* this.#standingAt(end) : this.#version(candidate.seq);
  }

  /** Goes back from the newest version, no further than it has to. */
  *#makePlan(): Generator<undefined, Plan> {
    const { lengthMs, isOrdered, stepMs } = this.#span;
    let [first, last, end, coveredMs] = [Number.POSITIVE_INFINITY, 0, 0, 0];
    for (let seq = this.#newest; seq >= this.#oldest; seq -= 1) {
      yield undefined;
      const ageMs = this.#age(seq);
      if (isOrdered && ageMs >= lengthMs && end > 0) break;
      if (ageMs >= 0) end ||= seq;
      if (!this.#isInSpan(ageMs)) continue;
      last ||= seq;
      first = seq;
      coveredMs = Math.max(coveredMs, ageMs + 1);
    }
    // What the history has may be much less than what was asked for.
    return { first, last, end, stepMs: stepMs ?? Math.min(lengthMs, coveredMs) / maxPoints };
  }

  #isInSpan(ageMs: number): boolean {
    return ageMs >= 0 && ageMs < this.#span.lengthMs;
  }

  /** The newest version up to this one in which something shown has changed. */
  *#standingAt(last: number): Generator<undefined, Version | undefined> {
    let seq = last;
    for (; seq > this.#oldest && !this.#isShown(seq); seq -= 1) yield undefined;
    return this.#version(seq);
  }

  /** `NaN`, which is in no span, where the version is not held or has no data of the engine. */
  #age(seq: number): number {
    const version = this.#version(seq);
    return version === undefined ? Number.NaN : this.#span.ageMs(version);
  }

  get #oldest(): number {
    return Math.max(this.#spokenSince, this.#projection.feed.oldest.seq);
  }

  #version(seq: number): Version | undefined {
    return seq < this.#spokenSince ? undefined : this.#projection.feed.version(seq);
  }

  /** Whether something shown has changed in it, or it is the oldest. */
  #isShown(seq: number): boolean {
    const [version, previous] = [this.#version(seq), this.#version(seq - 1)];
    return version !== undefined && (previous === undefined || this.#projection.differs(version, previous));
  }
}
