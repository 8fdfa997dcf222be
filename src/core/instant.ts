/** A point in time that an engine stated, in whatever notation. */
export interface Instant {
  /** Epoch milliseconds, with as many digits below as a double holds: for comparison. */
  readonly epochMs: number;
  /** ISO 8601 in UTC, with exactly the fractional digits that were given: for clients. */
  readonly text: string;
}

/** Longer than any notation. */
const maxLength = 128;
const sentOn = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,18}))?Z$/;
const secondsLength = '0000-00-00T00:00:00'.length;
/** The years 0 to 9999, which four digits can say (RFC 3339 §1). */
const firstSecond = -62_167_219_200;
const lastSecond = 253_402_300_799;

/**
 * The instant that a value stands for; undefined where it is none, or outside of the years 0 to 9999.
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

/** Fast path: the notation that is sent on, which most engines use. */
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

/** Whole seconds since 1970, and the fraction. */
interface EpochTime {
  readonly seconds: number;
  /** Of the fraction, as given. */
  readonly digits: string;
}

/** Enough for nanoseconds of the year 9999, and digits below them. */
const epochNumber = /^([+-]?)(\d{1,21})(?:\.(\d{1,18}))?$/;
/** Digits below the second in the whole number, by its size. */
const units = [
  { below: 10n ** 11n, digits: 0 },
  { below: 10n ** 14n, digits: 3 },
  { below: 10n ** 17n, digits: 6 },
] as const;
const nanosecondDigits = 9;

/**
 * Reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size; undefined for a text that is
 * no decimal number. Milliseconds give three fractional digits, and so on, trailing zeros included.
 */
function readEpochNumber(text: string): EpochTime | undefined {
  const [match, sign = '', whole = '', fraction = ''] = epochNumber.exec(text) ?? [];
  if (match === undefined) return undefined;
  const unit = units.find(({ below }) => BigInt(whole) < below);
  const scale = (unit?.digits ?? nanosecondDigits) + fraction.length;
  const perSecond = 10n ** BigInt(scale);
  const amount = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  // Before 1970, too, the fraction counts forward from the second.
  const passed = ((amount % perSecond) + perSecond) % perSecond;
  return {
    seconds: Number((amount - passed) / perSecond),
    digits: scale === 0 ? '' : String(passed).padStart(scale, '0'),
  };
}

/** Both with separators and without (ISO 8601-1 §5.4.2), in one text the one or the other. */
const isoTime =
  /^(\d{4})(-?)(\d\d)\2(\d\d)[Tt ](\d\d)(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d{1,18}))?)?(?: ?(?:(Z|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?))?((?:\[[^[\]]+\])*)$/i;
/** Suffixes allowed without an offset: no zone, or UTC. */
const saysNoZone = /^(?:\[(?:[^\]]*=[^\]]*|Z|UTC|GMT|Etc\/UTC|Etc\/GMT)\])*$/i;
const secondsPerDay = 86_400;
const leastNines = 3;

/**
 * Reads an ISO 8601 date and time; undefined for other text. Seconds may be missing (Java leaves out those that are 0),
 * and so may the colon of the offset, or its minutes. Without an offset it is UTC; a zone's name alone is refused, as
 * its meaning depends on time zone tables.
 *
 * 24:00 is the next midnight. A leap second, which epoch seconds do not have, becomes the end of the second before, so
 * that order is kept.
 */
function readIsoTime(text: string): EpochTime | undefined {
  const [match, year, , month, day, hour, , minute, second = '00', digits = '', utc, sign, ...offset] =
    isoTime.exec(text) ?? [];
  if (match === undefined) return undefined;
  const [offsetHours = '00', offsetMinutes = '00', zone = ''] = offset;
  if (utc === undefined && sign === undefined && !saysNoZone.test(zone)) return undefined;
  const midnight = midnightOf(`${year}-${month}-${day}`);
  const time = timeOfDay(Number(hour), Number(minute), Number(second), digits);
  const east = offsetSeconds(Number(offsetHours), Number(offsetMinutes));
  if (midnight === undefined || time === undefined || east === undefined) return undefined;
  const seconds = midnight + time - (sign === '-' ? -east : east);
  if (second !== '60') return { seconds, digits };
  // Leap seconds are at the end of a UTC day only.
  if ((seconds + 1) % secondsPerDay !== 0) return undefined;
  return { seconds, digits: '9'.repeat(Math.max(leastNines, digits.length)) };
}

/** Epoch seconds. `Date.parse` takes the 30th of February for a day of March. */
function midnightOf(date: string): number | undefined {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const isDate = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
  return isDate ? midnight / 1000 : undefined;
}

function timeOfDay(hour: number, minute: number, second: number, digits: string): number | undefined {
  const isDayEnd = hour === 24 && minute === 0 && second === 0 && Number(digits) === 0;
  if ((hour > 23 && !isDayEnd) || minute > 59 || second > 60) return undefined;
  return hour * 3600 + minute * 60 + Math.min(second, 59);
}

function offsetSeconds(hours: number, minutes: number): number | undefined {
  return hours > 23 || minutes > 59 ? undefined : hours * 3600 + minutes * 60;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longWeekday = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const clockTime = String.raw`(?<time>\d\d:\d\d:\d\d)`;

/** Mail and several HTTP libraries write an offset in place of GMT in the first form (RFC 5322 §3.3). */
const httpDates = [
  String.raw`^${weekday}, (?<day>\d{1,2}) ${month} (?<year>\d{4}) ${clockTime} (?<zone>GMT|UTC|[+-]\d{4})$`,
  String.raw`^${longWeekday}, (?<day>\d\d)-${month}-(?<shortYear>\d\d) ${clockTime} GMT$`,
  String.raw`^${weekday} ${month} (?<day>[ \d]\d) ${clockTime} (?<year>\d{4})$`,
].map((form) => new RegExp(form));

/** Reads an HTTP date in any of its three forms (RFC 9110 §5.6.7); undefined for other text. */
function readHttpDate(text: string): EpochTime | undefined {
  for (const form of httpDates) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const { day = '', shortYear, year = String(fullYear(Number(shortYear))), zone = 'GMT' } = groups;
    const number = months.indexOf(groups.month ?? '') + 1;
    const date = `${year}-${twoDigits(number)}-${twoDigits(Number(day))}`;
    return readIsoTime(`${date}T${groups.time}${zone}`);
  }
  return undefined;
}

/** A two-digit year that would be more than 50 years ahead is of the century before. */
function fullYear(shortYear: number): number {
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + shortYear;
  return year > now + 50 ? year - 100 : year;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
