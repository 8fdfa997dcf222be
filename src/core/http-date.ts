import type { EpochTime } from './epoch-number.ts';
import { readIsoTime } from './iso-time.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longWeekday = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const time = String.raw`(?<time>\d\d:\d\d:\d\d)`;

/** Mail and several HTTP libraries give the first form an offset in place of GMT (RFC 5322 §3.3). */
const forms = [
  String.raw`^${weekday}, (?<day>\d{1,2}) ${month} (?<year>\d{4}) ${time} (?<zone>GMT|UTC|[+-]\d{4})$`,
  String.raw`^${longWeekday}, (?<day>\d\d)-${month}-(?<shortYear>\d\d) ${time} GMT$`,
  String.raw`^${weekday} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})$`,
].map((form) => new RegExp(form));

/** The moment that an HTTP date means, in any of its three forms (RFC 9110 §5.6.7); undefined for another text. */
export function readHttpDate(text: string): EpochTime | undefined {
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const { day = '', shortYear, year = String(fullYear(Number(shortYear))), zone = 'GMT' } = groups;
    const number = months.indexOf(groups.month ?? '') + 1;
    const date = `${year}-${twoDigits(number)}-${twoDigits(Number(day))}`;
    return readIsoTime(`${date}T${groups.time}${zone}`);
  }
  return undefined;
}

/** Of a year of two digits: one that would be more than 50 years ahead is of the century before. */
function fullYear(shortYear: number): number {
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + shortYear;
  return year > now + 50 ? year - 100 : year;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
