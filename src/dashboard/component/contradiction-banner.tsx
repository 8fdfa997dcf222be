import type { TelemetryDocument } from '../../client/index.ts';
import { useAcknowledgement } from '../hook/use-acknowledgement.ts';
import { useSources } from '../hook/use-freshness.ts';
import { useSelection } from '../hook/use-selection.ts';
import { describeContradiction } from '../model/halt.ts';

const selectStatus = ({ status }: TelemetryDocument): TelemetryDocument['status'] => status;

/** Stays while the engine says the contrary of what it acknowledged, until somebody has taken note of it. */
export function ContradictionBanner() {
  const { state } = useSources();
  const status = useSelection(selectStatus);
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
