import { useCallback, useEffect, useState } from 'preact/hooks';
import { passing } from '../page-storage.ts';

const storageKey = 'acknowledged';
/** What has no moment of its own is acknowledged until the page is loaded again. */
const untimed = '';

/**
 * Whether somebody has taken note of something, on this page.
 *
 * @param moment of it, by which it is known again after the page was loaded anew
 * @param isSettled it is over: when it comes again, it is another one
 */
export function useAcknowledgement(moment: string | undefined, isSettled: boolean) {
  const [acknowledged, setAcknowledged] = useState(() => passing.read(storageKey));
  const keep = useCallback((next: string | undefined): void => {
    passing.write(storageKey, next === untimed ? undefined : next);
    setAcknowledged(next);
  }, []);
  useEffect(() => {
    if (isSettled) keep(undefined);
  }, [isSettled, keep]);
  const key = moment ?? untimed;
  return { isAcknowledged: acknowledged === key, acknowledge: () => keep(key) };
}
