/** A moment in whole seconds since 1970, and what of the next one has passed. */
export interface EpochTime {
  readonly seconds: number;
  /** Of the fraction, as many as were given. */
  readonly digits: string;
}

/** Enough for nanoseconds of the year 9999, and for what any clock can tell below them. */
const pattern = /^([+-]?)(\d{1,21})(?:\.(\d{1,18}))?$/;
/** How many digits of the whole number are below the second, by its size. */
const units = [
  { below: 10n ** 11n, digits: 0 },
  { below: 10n ** 14n, digits: 3 },
  { below: 10n ** 17n, digits: 6 },
] as const;
const nanosecondDigits = 9;

/**
 * A number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by its size; undefined for a
 * text that is no decimal number. Milliseconds have three digits of the second, and so on, zeros included: they are as
 * exact as that.
 */
export function readEpochNumber(text: string): EpochTime | undefined {
  const [match, sign = '', whole = '', fraction = ''] = pattern.exec(text) ?? [];
  if (match === undefined) return undefined;
  const unit = units.find(({ below }) => BigInt(whole) < below);
  const scale = (unit?.digits ?? nanosecondDigits) + fraction.length;
  const perSecond = 10n ** BigInt(scale);
  const amount = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  // Of a moment before 1970 too the fraction counts forward from the second it is in.
  const passed = ((amount % perSecond) + perSecond) % perSecond;
  return {
    seconds: Number((amount - passed) / perSecond),
    digits: scale === 0 ? '' : String(passed).padStart(scale, '0'),
  };
}
