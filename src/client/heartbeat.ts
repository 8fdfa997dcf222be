import type { Clock } from '../core/clock.ts';
import type { Timing } from './types.ts';

export interface HeartbeatOptions {
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

export interface Heartbeat {
  readonly isSilent: boolean;
  heard(): void;
  /** Asks now: something happened after which the connection may well be dead. */
  ask(): void;
  stop(): void;
}

/** Looked at so often until it counts as silent. One look before the last it is asked, so that it can still answer. */
const looks = 3;

/** Watches one connection for signs of life: any frame is one. */
export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, timing, staleMs, ping, onChange, onDead } = options;
  const { heartbeatMs, silenceMs } = timing;
  let heardAt = clock.monotonic();
  // At once: the round trip is known from the start.
  let pingAt = 0;
  let isSilent = false;

  const setSilent = (next: boolean): void => {
    if (next === isSilent) return;
    isSilent = next;
    onChange();
  };
  const look = (): void => {
    const now = clock.monotonic();
    const silentMs = now - heardAt;
    if (silentMs >= silenceMs) {
      onDead();
      return;
    }
    const missed = Math.floor((silentMs * looks) / staleMs());
    if (missed === looks - 1 || now >= pingAt) {
      pingAt = now + heartbeatMs;
      ping?.();
    }
    setSilent(missed >= looks);
  };
  const stop = clock.every(Math.min(staleMs() / looks, heartbeatMs), look);
  look();

  return {
    get isSilent() {
      return isSilent;
    },
    heard() {
      heardAt = clock.monotonic();
      setSilent(false);
    },
    ask() {
      pingAt = 0;
      look();
    },
    stop,
  };
}
