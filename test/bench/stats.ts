/** What a set of measurements comes to. */
export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Percentiles by nearest rank: a value that was measured, never one in between. */
export function summarise(values: Iterable<number>): Summary {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? upper)) / 2 : upper;
}

/** Repeated turns one by one, for the note beside their median. Digits: 2 for figures below 100. */
export function spread(values: readonly number[], digits = Math.max(...values) < 100 ? 2 : 0): string {
  return values.map((value) => value.toFixed(digits)).join(', ');
}

/** The least and the most of repeated turns. */
export function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}
