import type { TelemetryDocument } from '../../client/index.ts';
import { useStatus } from '../hook/use-client-state.ts';
import { useNow } from '../hook/use-now.ts';
import { usePage } from '../hook/use-page.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatAge } from '../model/format.ts';
import { isConnected } from '../model/knowledge.ts';

const selectSources = ({ sources }: TelemetryDocument): TelemetryDocument['sources'] => sources;
const marks = { fresh: '●', stale: '◐', down: '○', unknown: '?' } as const;

/** What the gateway says of its sources, one chip each. Without a gateway nobody knows. */
export function SourceChips() {
  const status = useStatus();
  const sources = useSelection(selectSources) ?? {};
  return (
    <ul class="chips" aria-label="Sources">
      {Object.entries(sources).map(([name, source]) => (
        <SourceChip
          key={name}
          name={name}
          status={isConnected(status) ? source.status : 'unknown'}
          error={source.error}
        />
      ))}
    </ul>
  );
}

interface SourceChipProps {
  readonly name: string;
  readonly status: 'fresh' | 'stale' | 'down' | 'unknown';
  readonly error: string | undefined;
}

function SourceChip({ name, status, error }: SourceChipProps) {
  const since = usePage().outages.since(name);
  const now = useNow(since !== undefined);
  const age = since === undefined || status === 'unknown' ? '' : ` ${formatAge(now - since)}`;
  return (
    <li class="chip" data-status={status} data-testid={`source-${name}`} title={error}>
      <span aria-hidden="true">{marks[status]}</span> {name}{' '}
      <span class="chip-status">{`${status}${age}`}</span>
    </li>
  );
}
