import type { Cancel, Clock } from '../core/clock.ts';
import type { Timing } from './types.ts';

interface HeartbeatOptions {
  readonly clock: Clock;
  readonly timing: Pick<Timing, 'heartbeatMs' | 'silenceMs'>;
  /** After so much silence the connection counts as silent; asked again each time, since views change. */
  readonly staleMs: () => number;
  /** Sends a PING. Undefined where the connection cannot be asked. */
  readonly ping: (() => void) | undefined;
  /** Fell silent, or spoke again. */
  readonly onChange: () => void;
  readonly onDead: () => void;
}

/** Looked at so often until it counts as silent. One look before the last it is asked, so that it can still answer. */
const looks = 3;

/** Watches one connection for signs of life: any frame is one. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardAt: number;
  // At once: the round trip is known from the start.
  #pingAt = 0;
  #isSilent = false;
  #lookEveryMs = 0;
  #stopLooking: Cancel | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
    this.#lookInTime();
    this.#look();
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
    this.#setSilent(false);
    // The answer to a change of the view was heard as well.
    this.#lookInTime();
  }

  /** Asks now: something happened after which the connection may well be dead. */
  ask(): void {
    this.#pingAt = 0;
    this.#look();
  }

  stop(): void {
    this.#stopLooking?.();
  }

  #look(): void {
    const { clock, timing, staleMs, ping, onDead } = this.#options;
    const { heartbeatMs, silenceMs } = timing;
    const now = clock.monotonic();
    const silentMs = now - this.#heardAt;
    // Where nobody can be asked, it is no sooner dead than silent.
    if (silentMs >= (ping ? silenceMs : Math.max(silenceMs, staleMs()))) {
      onDead();
      return;
    }
    const missed = Math.floor((silentMs * looks) / staleMs());
    if (missed === looks - 1 || now >= this.#pingAt) {
      this.#pingAt = now + heartbeatMs;
      ping?.();
    }
    this.#setSilent(missed >= looks);
  }

  #lookInTime(): void {
    const { clock, timing, staleMs } = this.#options;
    const everyMs = Math.min(staleMs() / looks, timing.heartbeatMs);
    if (everyMs === this.#lookEveryMs) return;
    this.#lookEveryMs = everyMs;
    this.stop();
    this.#stopLooking = clock.every(everyMs, () => this.#look());
  }

  #setSilent(isSilent: boolean): void {
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#options.onChange();
  }
}
