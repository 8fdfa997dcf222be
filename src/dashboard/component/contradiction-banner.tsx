import { useCallback, useEffect, useState } from 'preact/hooks';
import { useSources } from '../hook/use-freshness.ts';
import { useEngineStatus } from '../hook/use-page.ts';
import { describeContradiction } from '../model/situation.ts';
import { passing } from '../page-storage.ts';

/** Stays while the engine says the contrary of what it acknowledged, until somebody has taken note of it. */
export function ContradictionBanner() {
  const { state } = useSources();
  const status = useEngineStatus();
  const text = describeContradiction(state, status);
  const isSettled = state !== undefined && text === undefined;
  const { isAcknowledged, acknowledge } = useAcknowledgement(state?.halt?.at, isSettled);
  return (
    <div role="alert" data-testid="contradiction">
      {text !== undefined && !isAcknowledged && (
        <div class="contradiction">
          <p>{text}</p>
          <button type="button" onClick={acknowledge}>
            Acknowledge
          </button>
        </div>
      )}
    </div>
  );
}

const storageKey = 'acknowledged';
/** What has no moment of its own is acknowledged until the page is loaded again. */
const untimed = '';

/**
 * Whether somebody has taken note of something, on this page.
 *
 * @param moment of it, by which it is known again after the page was loaded anew
 * @param isSettled it is over: when it comes again, it is another one
 */
function useAcknowledgement(moment: string | undefined, isSettled: boolean) {
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
