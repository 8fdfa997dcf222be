import type { Cancel } from '../../core/clock.ts';
import { equalJson } from '../../core/json.ts';
import { createWarningThrottle, type WarningThrottle } from '../../core/log.ts';
import type { Wishes } from '../../feed/keyed-states.ts';
import type { WritableStateFeed } from '../../feed/state-feed.ts';
import type { Engine } from '../../source/engine.ts';
import type { PollFailure } from '../../source/poll-failure.ts';
import { Poller } from '../../source/poller.ts';
import type { Source } from '../../source/source.ts';
import { Standstill } from '../../source/standstill.ts';
import { Supervisor } from '../../source/supervisor.ts';
import type { Context } from '../dialect.ts';
import { type RangeState, rangeDocument, rangeStateOf } from './range-state.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

/**
 * What a reader wants of a range: to be kept up to date, by a poll each so many ms, or to be told once when it is.
 */
export type RangeWish =
  | { readonly everyMs: number }
  | {
      /** Called in a later turn. The reader waits for it. */
      readonly once: (outcome: PollOutcome) => void;
      /** Whether what is watched, or was answered within the last second, is recent enough. Else: a poll is. */
      readonly takesRecent: boolean;
    };
type OneTimeWish = Extract<RangeWish, { readonly takesRecent: boolean }>;

/** How the poll ended that a reader waited for. */
export interface PollOutcome {
  /** What went wrong, for people; undefined: nothing did. */
  readonly error: string | undefined;
  /** Whether all who watch the range are told of it at once: the first answer, the begin or the end of a fault. */
  readonly isUrgent: boolean;
}

export interface RangeParts extends Pick<Context, 'board' | 'clock' | 'log' | 'meter'> {
  readonly engine: Pick<Engine, 'get'>;
  readonly pollTimeoutMs: number;
  /** How long `timestamp` may stand still with the figures. 0: never judged. Undefined: learned from how it moves. */
  readonly maxAgeMs: number | undefined;
}

const path = '/api/metrics/overview';
/** Of the polls in logs and metrics, whatever the range. */
const name = 'metrics';
const names: ReadonlySet<string> = new Set([name]);
/** So old an answer is as good as a new one: the engine is asked no more often than once a second. */
const recentMs = 1000;
/** Least time between two polls that are asked for: many clients may ask, one after the other. */
const askedEveryMs = 100;
/** How long an answer that nobody watches counts as fresh: the longest interval there is. */
const longestIntervalMs = 60_000;
/** So long, an engine may be idle and make no new snapshot: nothing has happened that would be in it. */
const leastStandMs = 60_000;

/**
 * The writer of one range: polls it while it is watched, at the shortest interval that anybody wishes for, and when
 * somebody asks for a poll.
 */
export class RangeWriter {
  readonly #feed: WritableStateFeed;
  readonly #wishes: Wishes<RangeWish>;
  readonly #parts: RangeParts;
  readonly #source: Source;
  readonly #supervisor: Supervisor<Snapshot>;
  readonly #poller: Poller<Snapshot>;
  readonly #standstill: Standstill;
  readonly #stopHearing: () => void;
  readonly #warn: WarningThrottle;
  /** Those that the next outcome is told to. */
  #asked: OneTimeWish[] = [];
  /** Those that were told of one, or will be. */
  readonly #heard = new WeakSet<OneTimeWish>();
  /** Between two polls; infinite: nobody watches. */
  #everyMs = Number.POSITIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: Cancel = () => {};
  #isClosed = false;

  constructor(feed: WritableStateFeed, hours: number, wishes: Wishes<RangeWish>, parts: RangeParts) {
    const { engine, board, clock, log, meter, pollTimeoutMs: timeoutMs, maxAgeMs } = parts;
    this.#feed = feed;
    this.#wishes = wishes;
    this.#parts = parts;
    const freshMs = (): number => 2 * Math.min(this.#everyMs, longestIntervalMs);
    // Hidden: no other dialect shows how fresh this is. There are 168 ranges at most.
    this.#source = board.open(`${name}/${hours}h`, { freshMs, hidden: true });
    this.#source.pause();
    this.#poller = new Poller<Snapshot>({
      ...{ name, timeoutMs, engine, clock, meter },
      path: `${path}?${new URLSearchParams({ hours: `${hours}` })}`,
      lane: 'keyed',
      read: (answer) => readSnapshot(answer, clock.now() / 1000),
    });
    this.#supervisor = new Supervisor(
      [{ poller: this.#poller, source: this.#source }],
      { clock, log },
      () => ({
        answered: (_name, snapshot) => this.#answered(snapshot),
        failed: (_name, _changed, failure) => this.#failed(failure),
      }),
    );
    this.#standstill = new Standstill(maxAgeMs, {
      periodMs: () => this.#everyMs,
      leastMs: leastStandMs,
      clock,
    });
    this.#warn = createWarningThrottle(log, clock);
    this.#stopHearing = wishes.onChange(() => this.#heed());
    this.#heed();
  }

  get #state(): RangeState {
    return rangeStateOf(this.#feed.current.document);
  }

  get #isWatched(): boolean {
    return this.#everyMs < Number.POSITIVE_INFINITY;
  }

  get #isRecent(): boolean {
    return this.#parts.clock.monotonic() - this.#endedAt <= recentMs;
  }

  /** Stops polling. Who waits for an outcome is told that there will be none. */
  close(): void {
    this.#isClosed = true;
    this.#stopHearing();
    this.#cancelTimer();
    this.#source.close();
    this.#settle({ error: 'The gateway has stopped asking the engine', isUrgent: false });
  }

  #heed(): void {
    const wasWatched = this.#isWatched;
    const { all } = this.#wishes;
    this.#everyMs = Math.min(
      Number.POSITIVE_INFINITY,
      ...all.map((wish) => ('everyMs' in wish ? wish.everyMs : Number.POSITIVE_INFINITY)),
    );
    if (this.#isWatched && !wasWatched && !this.#isRecent) this.#commit({ isAwaited: true });
    if (!this.#isWatched && wasWatched) this.#source.pause();
    for (const wish of all) if ('once' in wish) this.#ask(wish);
    this.#plan();
  }

  #ask(wish: OneTimeWish): void {
    if (this.#heard.has(wish)) return;
    this.#heard.add(wish);
    const { fault, isAwaited } = this.#state;
    const isUpToDate = this.#isRecent || (this.#isWatched && !isAwaited);
    if (!wish.takesRecent || !isUpToDate) this.#asked.push(wish);
    else queueMicrotask(() => wish.once({ error: fault?.error, isUrgent: false }));
  }

  /** Polls when it is next due. */
  #plan(): void {
    this.#cancelTimer();
    // What is due meanwhile is seen to at the end of the poll.
    if (this.#isClosed || this.#poller.isBusy) return;
    const gapMs = this.#asked.length > 0 ? Math.min(askedEveryMs, this.#everyMs) : this.#everyMs;
    if (gapMs === Number.POSITIVE_INFINITY) return;
    const isAwaited = this.#isWatched && this.#state.isAwaited;
    const waitMs = isAwaited ? 0 : this.#startedAt + gapMs - this.#parts.clock.monotonic();
    if (waitMs <= 0) this.#poll();
    else this.#cancelTimer = this.#parts.clock.after(waitMs, () => this.#poll());
  }

  #poll(): void {
    this.#startedAt = this.#parts.clock.monotonic();
    this.#supervisor.poll(names);
  }

  #answered({ data, timestamp, notes }: Snapshot): void {
    if (this.#isClosed) return;
    const before = this.#state;
    const mayStand = timestamp !== before.timestamp || !equalJson(data, before.data ?? null);
    const standsStill = this.#standstill.answered({ time: timestamp * 1000, mayStand });
    this.#source.succeeded(standsStill);
    if (notes.length > 0) this.#warn('type', { source: name, notes }, 'metrics of another type');
    if (standsStill !== undefined) {
      this.#faulty(`The engine gives no new metrics: ${standsStill}`);
      return;
    }
    this.#commit({ data, timestamp, fault: undefined, isAwaited: false });
    const isUrgent = before.data === undefined || before.fault !== undefined || before.isAwaited;
    this.#ended({ error: undefined, isUrgent });
  }

  #failed(failure: PollFailure): void {
    if (!this.#isClosed) this.#faulty(faultText(failure));
  }

  /** What is held is not up to date. @param error why, for people */
  #faulty(error: string): void {
    const { fault, isAwaited } = this.#state;
    const isUrgent = fault === undefined || isAwaited;
    if (isUrgent) {
      const timestamp = this.#parts.clock.now() / 1000;
      this.#commit({ fault: { error, timestamp }, isAwaited: false });
    }
    this.#ended({ error, isUrgent });
  }

  #commit(change: Partial<RangeState>): void {
    this.#feed.stage(rangeDocument({ ...this.#state, ...change }));
    this.#feed.commit();
  }

  #ended(outcome: PollOutcome): void {
    this.#endedAt = this.#parts.clock.monotonic();
    // Not before: what was not asked for is not late.
    if (this.#isWatched) this.#source.resume();
    this.#settle(outcome);
    this.#plan();
  }

  #settle(outcome: PollOutcome): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const { once } of asked) once(outcome);
  }
}

function faultText({ status, message }: PollFailure): string {
  return status === 404
    ? `The engine serves no metrics: it has nothing at ${path} (HTTP 404)`
    : `The engine gives no metrics: ${message}`;
}
