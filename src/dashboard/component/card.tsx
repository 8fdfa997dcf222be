import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { type SectionFreshness, useIsInView, useIsSent, useSectionFreshness } from '../hook/use-freshness.ts';
import { useNow } from '../hook/use-page.ts';
import { formatAge } from '../model/format.ts';

interface CardProps {
  readonly title: string;
  /** Section of the document that it shows. */
  readonly section: string;
  readonly area: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  /** Shown while there is no document; without it, the children are. */
  readonly placeholder?: ComponentChildren;
  readonly children: ComponentChildren;
}

const notInView = <p class="empty">Not in this view: see the sections under Connection.</p>;
const notSent = <p class="empty">The engine sends none of it now.</p>;

/**
 * A part of the page about one section: says when that is out of date, or not in the present view. There is none of a
 * section that the engine never sent.
 */
export function Card({ section, placeholder, children, ...frame }: CardProps) {
  const { state, isPresent, staleSince } = useSectionFreshness(section);
  const isSent = useIsSent(section);
  const isInView = useIsInView(section);
  if (!isSent && isInView) return null;
  const missing = isInView ? notSent : notInView;
  return (
    <CardFrame {...frame} state={state} staleSince={staleSince}>
      {state === 'loading' ? (placeholder ?? children) : isPresent ? children : missing}
    </CardFrame>
  );
}

interface CardFrameProps
  extends Omit<CardProps, 'section' | 'placeholder'>,
    Omit<SectionFreshness, 'isPresent'> {}

/** What a card looks like, and how it says that what it shows is not current. */
export function CardFrame({ title, area, aside, children, state, staleSince }: CardFrameProps) {
  const id = useId();
  return (
    <section
      class="card"
      aria-labelledby={id}
      aria-busy={state === 'loading'}
      data-area={area}
      data-testid={`card-${area}`}
      data-state={state}
    >
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {state === 'stale' && <StaleMark what="stale" since={staleSince} />}
        {state === 'mixed' && <StaleMark what="partly live, rest stale" since={staleSince} />}
        <div class="card-aside">{aside}</div>
      </header>
      {children}
    </section>
  );
}

function StaleMark({ what, since }: { readonly what: string; readonly since: number | undefined }) {
  const now = useNow(true);
  return <span class="stale-mark">{since === undefined ? what : `${what} ${formatAge(now - since)}`}</span>;
}

/** Keeps the place of a list that was not received yet. */
export function SkeletonRows({ count }: { readonly count: number }) {
  return (
    <div class="skeleton-rows" aria-hidden="true">
      {Array.from({ length: count }, () => (
        // biome-ignore lint/correctness/useJsxKeyInIterable: all the same, and never fewer or more
        <span class="skeleton" />
      ))}
    </div>
  );
}
