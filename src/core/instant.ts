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
const sentOn = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,18}))?Z$/;
const secondsLength = '0000-00-00T00:00:00'.length;
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
  const asItStands = readSentOn(text);
  if (asItStands !== undefined) return asItStands;
  const time = readEpochNumber(text) ?? readIsoTime(text) ?? readHttpDate(text);
  return time === undefined ? undefined : instantOf(time);
}

/** Most engines word times as they are sent on, and what was read once is: there is little to be done. */
function readSentOn(text: string): Instant | undefined {
  const [match, digits = ''] = sentOn.exec(text) ?? [];
  if (match === undefined) return undefined;
  const wholeMs = Date.parse(`${text.slice(0, secondsLength)}Z`);
  // The 30th of February and 24:00 are of another day.
  if (new Date(wholeMs).getUTCDate() !== Number(text.slice(8, 10))) return undefined;
  return { epochMs: wholeMs + fractionMs(digits), text };
}

function instantOf({ seconds, digits }: EpochTime): Instant | undefined {
  if (seconds < firstSecond || seconds > lastSecond) return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  return {
    epochMs: seconds * 1000 + fractionMs(digits),
    text: digits === '' ? `${whole}Z` : `${whole}.${digits}Z`,
  };
}

function fractionMs(digits: string): number {
  return Number(`0.${digits}`) * 1000;
}
