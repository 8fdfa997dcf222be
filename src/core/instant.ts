import { type EpochTime, readEpochNumber } from './epoch-number.ts';
import { readHttpDate } from './http-date.ts';
import { readIsoTime } from './iso-time.ts';

/** A moment as an engine tells it, in whatever way it words one. */
export interface Instant {
  /** Epoch milliseconds, with as much of the digits below as a double holds: to compare with. */
  readonly epochMs: number;
  /** ISO 8601 in UTC, with exactly the digits of the second that were given: to send on. */
  readonly text: string;
}

/** No way to word a moment is longer. */
const maxLength = 128;
/** The years 0 to 9999, which four digits can say (RFC 3339 §1). */
const firstSecond = -62_167_219_200;
const lastSecond = 253_402_300_799;

/**
 * The moment that a value means; undefined where it means none, or one outside of the years 0 to 9999.
 *
 * - ISO 8601 date and time, with an offset or `Z`. Without one it is UTC, as the engines that leave it out mean it,
 *   whatever this machine's time zone is. A comma for the decimal point, and a trailing `[Zone]` (RFC 9557), are read.
 * - The three forms of HTTP dates (RFC 9110 §5.6.7).
 * - Epoch numbers, as numbers or as their digits: seconds below 1e11, milliseconds below 1e14, microseconds below
 *   1e17, else nanoseconds.
 */
export function readInstant(value: unknown): Instant | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > maxLength) return undefined;
  const time = readEpochNumber(text) ?? readIsoTime(text) ?? readHttpDate(text);
  return time === undefined ? undefined : instantOf(time);
}

function instantOf({ seconds, digits }: EpochTime): Instant | undefined {
  if (seconds < firstSecond || seconds > lastSecond) return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  return {
    epochMs: seconds * 1000 + Number(`0.${digits}`) * 1000,
    text: digits === '' ? `${whole}Z` : `${whole}.${digits}Z`,
  };
}
