import { formatInstant, instantOf, splitAtTimes, unknownTime } from '../model/format.ts';

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

/** Words in which moments are given in UTC, as the gateway writes them. */
export function TextWithTimes({ text }: { readonly text: string }) {
  // biome-ignore lint/correctness/useJsxKeyInIterable: words and moments take turns, whatever they are
  return <>{splitAtTimes(text).map((part, index) => (index % 2 === 1 ? <Time value={part} /> : part))}</>;
}
