import type { Sources } from '../../client/index.ts';
import { useFreshness, useSources } from '../hook/use-freshness.ts';
import { useNow, usePage, useStatus } from '../hook/use-page.ts';
import { formatAge, withLocalTimes } from '../model/format.ts';
import { isTold } from '../model/knowledge.ts';
import { TextWithTimes } from './time.tsx';

const marks = { fresh: '●', stale: '◐', down: '○', unknown: '?' } as const;

/** What the gateway says of its sources, one chip each. Without a gateway nobody knows. */
export function SourceChips() {
  const status = useStatus();
  const sources = useSources();
  // A PONG may have said something else since.
  const state = useFreshness();
  return (
    <ul class="chips" aria-label="Sources">
      {Object.entries(sources).map(([name, source]) => {
        const word = name === 'state' && state !== 'initializing' ? state : source.status;
        return (
          <SourceChip key={name} name={name} source={source} status={isTold(status) ? word : 'unknown'} />
        );
      })}
    </ul>
  );
}

interface SourceChipProps {
  readonly name: string;
  readonly source: Sources[string];
  readonly status: keyof typeof marks;
}

function SourceChip({ name, source, status }: SourceChipProps) {
  const { error, notes = [] } = source;
  const since = usePage().outages.since(name);
  const now = useNow(since !== undefined);
  const age = since === undefined || status === 'unknown' ? '' : ` ${formatAge(now - since)}`;
  const details = [error, ...notes].filter((text) => text !== undefined);
  return (
    <li
      class="chip"
      data-status={status}
      data-testid={`source-${name}`}
      title={withLocalTimes(details.join('\n'))}
    >
      <span aria-hidden="true">{marks[status]}</span> {name}{' '}
      <span class="chip-status">{`${status}${age}`}</span>
      {notes.length > 0 && ' · notes'}
    </li>
  );
}

/** Everything that the gateway has to say of its sources, where it has: for those too who cannot point at a chip. */
export function SourceNotes() {
  const lines = Object.entries(useSources()).flatMap(([name, { error, notes = [] }]) =>
    [error, ...notes].flatMap((text) => (text === undefined ? [] : [{ name, text }])),
  );
  return (
    <ul class="source-notes" aria-label="Notes on the sources" data-testid="source-notes">
      {lines.map(({ name, text }) => (
        <li key={`${name}: ${text}`}>
          <b>{name}</b> <TextWithTimes text={text} />
        </li>
      ))}
    </ul>
  );
}
