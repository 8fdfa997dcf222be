import type { Cancel, Clock } from '../core/clock.ts';
import type { Timing } from './types.ts';

interface HeartbeatOptions {
  readonly clock: Clock;
  readonly timing: Pick<Timing, 'heartbeatMs' | 'silenceMs'>;
  /** After so much silence the connection counts as silent; asked again each time, since views change. */
  readonly staleMs: () => number;
  /** Sends a message. Undefined where the connection cannot be asked. */
  readonly send: ((message: object) => void) | undefined;
  /** Fell silent, or spoke again. */
  readonly onChange: () => void;
  readonly onDead: () => void;
}

/** Checks until a connection counts as silent. It is asked one check before the last, so that it can still answer. */
const looks = 3;

export type Heartbeat = ReturnType<typeof createHeartbeat>;

/** Watches one connection for signs of life: any frame is one. */
export function createHeartbeat({
  clock,
  timing: { heartbeatMs, silenceMs },
  staleMs,
  send,
  onChange,
  onDead,
}: HeartbeatOptions) {
  let heardAt = clock.monotonic();
  // At once: the round trip is known from the start.
  let pingAt = 0;
  /** When it was asked; Infinity: something was heard since. */
  let askedAt = Infinity;
  let isSilent = false;
  let lookEveryMs = 0;
  let stopLooking: Cancel = () => {};

  const setSilent = (next: boolean): void => {
    if (next === isSilent) return;
    isSilent = next;
    onChange();
  };
  const look = (): void => {
    const now = clock.monotonic();
    const silentMs = now - heardAt;
    // One that can be asked had time to answer: in a hidden page looks are minutes apart, and nobody asked meanwhile.
    const hadTime = !send || now - askedAt >= staleMs() / looks;
    // A connection that cannot be asked is not dead before it counts as silent.
    if (hadTime && silentMs >= (send ? silenceMs : Math.max(silenceMs, staleMs()))) {
      onDead();
      return;
    }
    const missed = Math.floor((silentMs * looks) / staleMs());
    if ((missed >= looks - 1 && askedAt > now) || now >= pingAt) {
      pingAt = now + heartbeatMs;
      askedAt = Math.min(askedAt, now);
      send?.({ type: 'PING', t: now });
    }
    setSilent(missed >= looks);
  };
  const lookInTime = (): void => {
    const everyMs = Math.min(staleMs() / looks, heartbeatMs);
    if (everyMs === lookEveryMs) return;
    lookEveryMs = everyMs;
    stopLooking();
    stopLooking = clock.every(everyMs, look);
  };
  lookInTime();
  look();

  return {
    get isSilent(): boolean {
      return isSilent;
    },
    heard(): void {
      heardAt = clock.monotonic();
      askedAt = Infinity;
      setSilent(false);
      // The answer to a change of the view was heard as well.
      lookInTime();
    },
    /** Asks now: something happened after which the connection may well be dead. */
    ask(): void {
      pingAt = 0;
      look();
    },
    stop(): void {
      stopLooking();
    },
  };
}
