import type { Cancel, Clock } from '../../core/clock.ts';

/** A clock that also looks at what is due when it is nudged. */
export interface NudgedClock extends Clock {
  nudge(): void;
}

/**
 * Browsers run the timers of a hidden page once a second, and after five minutes once a minute, but bring it messages
 * at once: a message nudges this clock, so that a hidden tab which others depend on keeps time.
 */
export function createNudgedClock(clock: Clock): NudgedClock {
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();

  const after = (ms: number, task: () => void): Cancel => {
    const cancel = (): void => {
      stop();
      waiting.delete(entry);
    };
    const run = (): void => {
      cancel();
      task();
    };
    const stop = clock.after(ms, run);
    const entry = { at: clock.monotonic() + ms, run };
    waiting.add(entry);
    return cancel;
  };

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after,
    every(ms, task) {
      const run = (): void => {
        cancel = after(ms, run);
        task();
      };
      let cancel = after(ms, run);
      return () => cancel();
    },
    nudge() {
      const now = clock.monotonic();
      for (const entry of [...waiting]) if (entry.at <= now && waiting.has(entry)) entry.run();
    },
  };
}
