import type { Cancel, Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { SweepUpdate } from '../encode/rendition.ts';
import { FanOutCounts } from './fan-out-counts.ts';
import { PaceTimer } from './pace.ts';
import type { View } from './view.ts';

interface HubOptions {
  readonly clock: Clock;
  readonly meter: Meter;
  /** How long a fan-out may hold the event loop before others get a turn, in ms. */
  readonly turnMs: number;
  /** Runs the rest of a fan-out after others had their turn. Default setImmediate. */
  readonly yieldTurn?: (rest: () => void) => void;
}

export const hubDefaults = { turnMs: 0.5 } as const;

/** Sessions offered an update between two looks at the clock: some 0.2 ms. */
const batch = 16;

interface Sweep {
  readonly view: View;
  readonly update: SweepUpdate;
  readonly counts: FanOutCounts;
  readonly startedAt: number;
}

/**
 * Fans updates out. One sweep at a time, each over all sessions of one view; news that arrives meanwhile
 * waits, conflated, for a sweep of its own. Long sweeps give the event loop a turn now and then, so that
 * handshakes, pings and commands are not held up.
 */
export class Hub {
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #turnMs: number;
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #timers = new Map<View, PaceTimer>();
  /** `receivedAt` of the last event whose latency was counted for a view: a sweep may bring it once more. */
  readonly #counted = new WeakMap<View, number>();
  readonly #waiting = new Set<View>();
  readonly #standStill: StandStill;
  #sweep: Sweep | undefined;
  /** Whether the rest of the work has been put off to a later turn. */
  #isPutOff = false;
  #lastFanOutAt: number | undefined;

  constructor(options: HubOptions) {
    this.#clock = options.clock;
    this.#meter = options.meter;
    this.#turnMs = options.turnMs;
    this.#yieldTurn = options.yieldTurn ?? ((rest) => void setImmediate(rest));
    this.#standStill = new StandStill(options.clock, () => this.#goOn());
  }

  /** When the last fan-out ended, epoch ms; undefined before the first. */
  get lastFanOutAt(): number | undefined {
    return this.#lastFanOutAt;
  }

  /** Delivers the rendition's news to its sessions from now on, at the view's pace. */
  open(view: View): void {
    const { rendition, release } = view;
    const timer = new PaceTimer(this.#clock, view.pace, {
      slot: () => {
        release.slot(rendition.seq);
        this.#publish(view);
      },
      urgent: (seq) => {
        if (release.urgent(seq)) this.#publish(view);
      },
    });
    this.#timers.set(view, timer);
    this.#meter.gauge('bff_renditions', {}, this.#timers.size);
    rendition.onNews((urgencies) => timer.news(rendition.seq, urgencies));
  }

  /** A session of the view waits for its next update to be due. */
  request(view: View): void {
    this.#timers.get(view)?.request();
  }

  close(view: View): void {
    this.#timers.get(view)?.stop();
    this.#timers.delete(view);
    this.#meter.gauge('bff_renditions', {}, this.#timers.size);
    this.#waiting.delete(view);
    view.rendition.close();
  }

  /**
   * Pauses all sweeps, so that what is urgent has the event loop to itself: for 10 ms and a tenth of the time at most,
   * however often it is asked for. News meanwhile waits, conflated, as it does during a sweep.
   * @returns ends the pause
   */
  standStill(): () => void {
    return this.#standStill.ask();
  }

  #publish(view: View): void {
    if (view.size === 0) return;
    this.#waiting.add(view);
    if (this.#sweep === undefined && !this.#isPutOff) this.#run();
  }

  /** In a later turn: what was urgent may still have something to do in this one. */
  #goOn(): void {
    if (!this.#isPutOff && (this.#sweep !== undefined || this.#waiting.size > 0)) this.#putOff();
  }

  #putOff(): void {
    this.#isPutOff = true;
    this.#yieldTurn(() => {
      this.#isPutOff = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#standStill.isOn) return;
    const turnStartedAt = this.#clock.monotonic();
    let hasWorked = false;
    for (;;) {
      this.#sweep ??= this.#begin(turnStartedAt);
      const sweep = this.#sweep;
      if (sweep === undefined) return;
      const now = this.#clock.monotonic();
      // Not before the first batch: each turn gets some of the sweep done, however slow the machine is.
      if (hasWorked && now - turnStartedAt >= this.#turnMs) {
        this.#putOff();
        return;
      }
      const isOver = sweep.view.sweep(sweep.update, batch, now, sweep.counts);
      hasWorked = true;
      if (isOver) this.#finish(sweep);
    }
  }

  #begin(startedAt: number): Sweep | undefined {
    for (const view of this.#waiting) {
      this.#waiting.delete(view);
      if (view.size === 0) continue;
      view.beginSweep();
      return { view, update: view.rendition.next(), counts: new FanOutCounts(), startedAt };
    }
    return undefined;
  }

  #finish({ view, update, counts, startedAt }: Sweep): void {
    this.#sweep = undefined;
    this.#lastFanOutAt = this.#clock.now();
    const now = this.#clock.monotonic();
    this.#meter.observe('bff_fanout_seconds', {}, (now - startedAt) / 1000);
    const { receivedAt } = update;
    if (receivedAt !== undefined && receivedAt !== this.#counted.get(view)) {
      this.#counted.set(view, receivedAt);
      this.#meter.observe('bff_event_latency_seconds', {}, (now - receivedAt) / 1000);
    }
    // There may be no further news to start the next sweep for those that were held.
    if (counts.held > 0) this.request(view);
    counts.count(this.#meter, view.rendition.dialect);
  }
}

/** How long one lasts at most, in ms. */
const longestMs = 10;
/** After one, there is none for so many times as long: they take a tenth of the time at most. */
const restFactor = 9;

const nothing = (): void => {};

/**
 * Pauses long work while something more urgent is under way. Those who ask meanwhile share the pause and do not
 * prolong it, so that no number of them stops the work for good.
 */
export class StandStill {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #askers = new Set<symbol>();
  #startedAt = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #cancelEnd: Cancel = nothing;

  /** @param onEnd called when the work may go on */
  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get isOn(): boolean {
    return this.#askers.size > 0;
  }

  /** Begins or shares a pause. @returns ends this asker's; calling it twice does no harm */
  ask(): () => void {
    if (!this.isOn && !this.#begin()) return nothing;
    const asker = Symbol();
    this.#askers.add(asker);
    return () => {
      if (this.#askers.delete(asker) && !this.isOn) this.#end();
    };
  }

  #begin(): boolean {
    const now = this.#clock.monotonic();
    if (now < this.#notBefore) return false;
    this.#startedAt = now;
    this.#cancelEnd = this.#clock.after(longestMs, () => {
      this.#askers.clear();
      this.#end();
    });
    return true;
  }

  #end(): void {
    this.#cancelEnd();
    const now = this.#clock.monotonic();
    this.#notBefore = now + (now - this.#startedAt) * restFactor;
    this.#onEnd();
  }
}
