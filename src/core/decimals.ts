export interface DecimalsOptions {
  /** Shown at least. Default 2. */
  readonly least?: number;
  /** Digits of the largest value that are worth showing. Default 6. */
  readonly significant?: number;
}

/** Digits of the difference between the largest and the smallest value that are worth showing. */
const rangeDigits = 2;
/** A smaller difference, as a fraction of the largest value, is the noise of floating-point arithmetic. */
const noise = 1e-9;
/** What a number has beyond them is noise as well. */
const exactDigits = 12;
/** As many as `Number.prototype.toFixed` and `Intl.NumberFormat` take in every browser. */
const most = 20;

/**
 * How many decimals show values that are seen side by side: as many as they have themselves (an engine knows how
 * exact its figures are), no more than their size and how far they lie apart make worth reading, and no fewer than
 * `least`. Values that are not finite are left out.
 */
export function decimalsFor(
  values: Iterable<number>,
  { least = 2, significant = 6 }: DecimalsOptions = {},
): number {
  let [own, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    own = Math.max(own, decimalsOf(value));
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  // None of them is finite, or all are 0.
  if (!(size > 0 && size < Number.POSITIVE_INFINITY)) return least;
  const range = high - low;
  const bySize = significant - 1 - orderOf(size);
  const byRange = range > size * noise ? rangeDigits - 1 - orderOf(range) : 0;
  return Math.min(most, Math.max(least, Math.min(own, Math.max(bySize, byRange))));
}

/** Decimals of the shortest text that means this very number, but for what arithmetic left behind (0.1 + 0.2). */
function decimalsOf(value: number): number {
  const text = String(Number(value.toPrecision(exactDigits)));
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
}

/** 3 of 1234, -2 of 0.0123. */
function orderOf(value: number): number {
  return Math.floor(Math.log10(value));
}
