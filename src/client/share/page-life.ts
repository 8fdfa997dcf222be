import { platform } from '../platform.ts';
import type { Unsubscribe } from '../types.ts';

/**
 * Tells when the page goes to where none of its code runs, and when it is back: it is left or closed, is kept for
 * "back", or is frozen to save energy.
 */
export function onPageAway(tell: (isAway: boolean) => void): Unsubscribe {
  // Its `signal` removes the listeners.
  const leaving = new AbortController();
  const { document } = platform;
  for (const [type, isAway] of [
    ['pagehide', true],
    ['pageshow', false],
  ] as const) {
    platform.addEventListener?.(type, () => tell(isAway), leaving);
  }
  for (const [type, isAway] of [
    ['freeze', true],
    ['resume', false],
  ] as const) {
    document?.addEventListener?.(type, () => tell(isAway), leaving);
  }
  return () => leaving.abort();
}
