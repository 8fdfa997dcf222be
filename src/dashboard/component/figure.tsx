import type { ComponentChildren } from 'preact';
import { useFreshness } from '../hook/use-freshness.ts';
import { useStatus } from '../hook/use-page.ts';
import type { Tone } from '../model/format.ts';

interface ValueProps {
  readonly text: string;
  /** Finds it in tests. */
  readonly name: string;
  /** Where in the document it comes from, for whether it is current. */
  readonly path: string;
  readonly tone?: Tone;
}

interface FigureProps extends ValueProps {
  readonly label: string;
  readonly size?: 'hero' | 'large';
  readonly children?: ComponentChildren;
}

/** A labelled figure: one term and its description in a `dl`. */
export function Figure({ label, size, children, ...value }: FigureProps) {
  return (
    <div class="figure" data-size={size}>
      <dt>{label}</dt>
      <dd>
        <Value {...value} />
        {children}
      </dd>
    </div>
  );
}

/** A figure by itself, marked where it is the last known. While there is no document a bar keeps its place. */
export function Value({ text, name, path, tone }: ValueProps) {
  const isStale = useFreshness(path) !== 'fresh';
  const isLoading = useStatus().state === 'connecting';
  return isLoading ? (
    <span class="skeleton" data-testid={name} data-stale={isStale} />
  ) : (
    <span class="value" data-testid={name} data-tone={tone} data-stale={isStale}>
      {text}
    </span>
  );
}
