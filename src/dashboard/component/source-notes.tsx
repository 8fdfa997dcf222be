import { useSources } from '../hook/use-freshness.ts';
import { TextWithTimes } from './time.tsx';

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
