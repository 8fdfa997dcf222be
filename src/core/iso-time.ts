import type { EpochTime } from './epoch-number.ts';

/** Both with separators and without (ISO 8601-1 §5.4.2), in one text the one or the other. */
const pattern =
  /^(\d{4})(-?)(\d\d)\2(\d\d)[Tt ](\d\d)(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d{1,18}))?)?(?: ?(?:(Z|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?))?((?:\[[^[\]]+\])*)$/i;
/** What a suffix may say without an offset: nothing of the zone, or that it is UTC. */
const saysNoZone = /^(?:\[(?:[^\]]*=[^\]]*|Z|UTC|GMT|Etc\/UTC|Etc\/GMT)\])*$/i;
const secondsPerDay = 86_400;
const leastNines = 3;

/**
 * The moment that an ISO 8601 date and time means; undefined for a text that is none. Seconds may be missing (Java
 * leaves out those that are 0), and so may the colon of the offset, or its minutes. Without an offset it is UTC; where a
 * zone is named instead it is none, as what that means depends on tables of its own.
 *
 * 24:00 is the next midnight. A leap second, which the count of seconds since 1970 does not have, is the last moment of
 * the second before: later than all that came before it, and never later than what comes after.
 */
export function readIsoTime(text: string): EpochTime | undefined {
  const [match, year, , month, day, hour, , minute, second = '00', digits = '', utc, sign, ...offset] =
    pattern.exec(text) ?? [];
  if (match === undefined) return undefined;
  const [offsetHours = '00', offsetMinutes = '00', zone = ''] = offset;
  if (utc === undefined && sign === undefined && !saysNoZone.test(zone)) return undefined;
  const midnight = midnightOf(`${year}-${month}-${day}`);
  const time = timeOfDay(Number(hour), Number(minute), Number(second), digits);
  const east = offsetSeconds(Number(offsetHours), Number(offsetMinutes));
  if (midnight === undefined || time === undefined || east === undefined) return undefined;
  const seconds = midnight + time - (sign === '-' ? -east : east);
  if (second !== '60') return { seconds, digits };
  // There are none but at the end of a day.
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
