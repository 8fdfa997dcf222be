import type { Cancel, Clock } from '../../core/clock.ts';

/** Whether something was ever answered, for those who must wait for it. */
export interface FirstAnswer {
  /** True at once, or as soon as it is answered; false where that does not happen in time. */
  within(ms: number): Promise<boolean>;
  came(): void;
  /** Those who wait are told nothing any more. */
  close(): void;
}

export function createFirstAnswer(clock: Clock): FirstAnswer {
  const waiting = new Map<() => void, Cancel>();
  let hasCome = false;
  return {
    within(ms) {
      if (hasCome) return Promise.resolve(true);
      return new Promise((resolve) => {
        const tell = (): void => resolve(true);
        const giveUp = (): void => {
          waiting.delete(tell);
          resolve(false);
        };
        waiting.set(tell, clock.after(ms, giveUp));
      });
    },
    came() {
      hasCome = true;
      for (const [tell, cancel] of waiting) {
        cancel();
        tell();
      }
      waiting.clear();
    },
    close() {
      for (const cancel of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
