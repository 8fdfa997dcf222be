import type { TelemetryDocument } from '../../client/index.ts';
import { useSources } from '../hook/use-freshness.ts';
import { useSelection } from '../hook/use-selection.ts';
import { describeHalt } from '../model/halt.ts';
import { TextWithTimes } from './time.tsx';

const selectStatus = ({ status }: TelemetryDocument): TelemetryDocument['status'] => status;

/** By whom trading was halted, why, and since when. */
export function HaltLine() {
  const halt = useSources().state?.halt;
  const status = useSelection(selectStatus);
  if (halt === undefined) return null;
  return (
    <p class="halt-line" title={halt.reason} data-testid="halt-line">
      <TextWithTimes text={describeHalt(halt, status)} />
    </p>
  );
}
