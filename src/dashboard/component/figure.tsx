import type { ComponentChildren } from 'preact';
import { useStatus } from '../hook/use-client-state.ts';
import type { Tone } from '../model/format.ts';

interface FigureProps {
  readonly label: string;
  readonly text: string;
  /** Finds it in tests. */
  readonly name: string;
  readonly tone?: Tone;
  readonly size?: 'hero' | 'large';
  readonly children?: ComponentChildren;
}

/** A labelled figure: one term and its description in a `dl`. */
export function Figure({ label, text, name, tone, size, children }: FigureProps) {
  return (
    <div class="figure" data-size={size}>
      <dt>{label}</dt>
      <dd>
        <Value text={text} name={name} tone={tone} />
        {children}
      </dd>
    </div>
  );
}

interface ValueProps {
  readonly text: string;
  readonly name: string;
  readonly tone?: Tone;
}

/** A figure by itself. Until something was received its place is kept by a bar. */
export function Value({ text, name, tone }: ValueProps) {
  const isLoading = useStatus().state === 'connecting';
  return isLoading ? (
    <span class="skeleton" data-testid={name} />
  ) : (
    <span class="value" data-testid={name} data-tone={tone}>
      {text}
    </span>
  );
}
