import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Update } from '../encode/rendition.ts';
import type { Channel } from './channel.ts';
import { Pace } from './pace.ts';
import { StandStill } from './stand-still.ts';
import { Tally } from './tally.ts';

export interface HubOptions {
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
  readonly channel: Channel;
  readonly update: Update;
  readonly tally: Tally;
  readonly startedAt: number;
  next: number;
}

/**
 * Fans updates out. One sweep at a time, each over all sessions of one channel; news that arrives meanwhile
 * waits, conflated, for a sweep of its own. Long sweeps give the event loop a turn now and then, so that
 * handshakes, pings and commands are not held up.
 */
export class Hub {
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #turnMs: number;
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #paces = new Map<Channel, Pace>();
  /** `receivedAt` of the last event whose latency was counted for a channel: a sweep may bring it once more. */
  readonly #counted = new WeakMap<Channel, number>();
  readonly #waiting = new Set<Channel>();
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

  /** Delivers the rendition's news to its sessions from now on, at the channel's pace. */
  open(channel: Channel): void {
    const { rendition, release } = channel;
    const pace = new Pace(this.#clock, channel.intervalMs, {
      slot: () => {
        release.slot(rendition.seq);
        this.#publish(channel);
      },
      urgent: (seq) => {
        if (release.urgent(seq)) this.#publish(channel);
      },
    });
    this.#paces.set(channel, pace);
    this.#meter.gauge('bff_renditions', {}, this.#paces.size);
    rendition.onNews((urgencies) => pace.news(rendition.seq, urgencies));
  }

  /** Some session of the channel waits for the interval to allow its next update. */
  request(channel: Channel): void {
    this.#paces.get(channel)?.request();
  }

  close(channel: Channel): void {
    this.#paces.get(channel)?.stop();
    this.#paces.delete(channel);
    this.#meter.gauge('bff_renditions', {}, this.#paces.size);
    this.#waiting.delete(channel);
    channel.rendition.close();
  }

  /**
   * Lets the sweeps stand still, so that what is urgent has the event loop to itself: 10 ms at most, and a tenth of
   * the time at most, whoever asks how often. What comes meanwhile waits, conflated, as it does during a sweep.
   * @returns lets them go on
   */
  standStill(): () => void {
    return this.#standStill.ask();
  }

  #publish(channel: Channel): void {
    if (channel.size === 0) return;
    this.#waiting.add(channel);
    if (this.#sweep === undefined && !this.#isPutOff) this.#run();
  }

  /** In a turn of its own: what was urgent may still have something to do in this one. */
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
      // Not before the first batch: however slow the machine is, each turn brings the sweep on.
      if (hasWorked && now - turnStartedAt >= this.#turnMs) {
        this.#putOff();
        return;
      }
      sweep.next = sweep.channel.sweep(sweep.update, sweep.next, batch, now, sweep.tally);
      hasWorked = true;
      if (sweep.next === 0) this.#finish(sweep);
    }
  }

  #begin(startedAt: number): Sweep | undefined {
    for (const channel of this.#waiting) {
      this.#waiting.delete(channel);
      if (channel.size === 0) continue;
      return {
        channel,
        update: channel.rendition.next(),
        tally: new Tally(),
        startedAt,
        next: channel.size,
      };
    }
    return undefined;
  }

  #finish({ channel, update, tally, startedAt }: Sweep): void {
    this.#sweep = undefined;
    this.#lastFanOutAt = this.#clock.now();
    const now = this.#clock.monotonic();
    this.#meter.observe('bff_fanout_seconds', {}, (now - startedAt) / 1000);
    const { receivedAt } = update;
    if (receivedAt !== undefined && receivedAt !== this.#counted.get(channel)) {
      this.#counted.set(channel, receivedAt);
      this.#meter.observe('bff_event_latency_seconds', {}, (now - receivedAt) / 1000);
    }
    // There may be no further news to bring those another sweep.
    if (tally.held > 0) this.request(channel);
    tally.count(this.#meter, channel.rendition.dialect);
  }
}
