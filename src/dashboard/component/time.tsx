import { formatAge, formatInstant, instantOf, splitAtTimes, unknownTime } from '../model/format.ts';

/** Clocks differ by so much. */
const leastAheadMs = 2000;

/** A moment in local time, with the same in UTC to point at. `value`: epoch ms or ISO 8601; a dash where it is neither. */
export function Time({ value }: { readonly value: unknown }) {
  const instant = instantOf(value);
  if (instant === undefined) {
    // Shown as a tooltip: what the engine sent may still help somebody.
    return <span title={typeof value === 'string' ? value : undefined}>{unknownTime}</span>;
  }
  const utc = new Date(instant).toISOString();
  return (
    <time dateTime={utc} title={utc}>
      {formatInstant(instant)}
    </time>
  );
}

/** How long ago a moment was, with the moment to point at. `at`, `now`: epoch ms. What lies ahead is given as it is. */
export function Ago({ at, now }: { readonly at: number | undefined; readonly now: number }) {
  if (at === undefined || at > now + leastAheadMs) return <Time value={at} />;
  const utc = new Date(at).toISOString();
  return (
    <time dateTime={utc} title={`${formatInstant(at)} (${utc})`}>
      {formatAge(now - at)} ago
    </time>
  );
}

/** Words in which moments are given in UTC, as the gateway writes them. */
export function TextWithTimes({ text }: { readonly text: string }) {
  // biome-ignore lint/correctness/useJsxKeyInIterable: words and moments take turns, whatever they are
  return <>{splitAtTimes(text).map((part, index) => (index % 2 === 1 ? <Time value={part} /> : part))}</>;
}
