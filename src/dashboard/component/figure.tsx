import type { ComponentChildren } from 'preact';
import type { KnownPath } from '../../client/index.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { useStatus, useValue } from '../hook/use-page.ts';
import { formatText, type Tone } from '../model/format.ts';

interface ValueProps {
  /** Finds it in tests. */
  readonly name: string;
  readonly path: KnownPath;
  /** Default: as a text. */
  readonly format?: (value: unknown) => string;
  readonly tone?: Tone;
}

interface FigureFrameProps {
  readonly label: string;
  readonly size?: 'hero' | 'large' | undefined;
  readonly children?: ComponentChildren;
}

/** A labelled figure: one term and its description in a `dl`. */
export function FigureFrame({ label, size, children }: FigureFrameProps) {
  return (
    <div class="figure" data-size={size}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** One of what is at a path of the document. */
export function Figure({ label, size, children, ...value }: ValueProps & FigureFrameProps) {
  return (
    <FigureFrame label={label} size={size}>
      <Value {...value} />
      {children}
    </FigureFrame>
  );
}

/** What is at a path of the document. */
export function Value({ format = formatText, ...place }: ValueProps) {
  return <ValueText text={format(useValue(place.path))} {...place} />;
}

interface ValueTextProps extends Omit<ValueProps, 'format'> {
  readonly text: string;
}

/**
 * A text made of what is at a path of the document, marked where that is the last known. While there is no document a
 * bar keeps its place.
 */
export function ValueText({ text, name, path, tone }: ValueTextProps) {
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
