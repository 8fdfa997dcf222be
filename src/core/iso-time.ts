const pattern =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)?$/;

/**
 * The moment that an ISO 8601 date and time means, in epoch ms; undefined for a text that is none, or means a moment
 * outside of the years 0 to 9999. Seconds may be missing (Java leaves out those that are 0), and so may the colon of
 * the offset, or its minutes. Without an offset it is UTC, as the engines that leave it out mean it.
 */
export function parseIsoTime(text: string): number | undefined {
  const [match, date = '', minute = '', second = ':00', , hours, minutes = '00'] = pattern.exec(text) ?? [];
  if (match === undefined || !isDate(date)) return undefined;
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const time = Date.parse(`${date}T${minute}${second.replace(',', '.')}${offset}`);
  const year = new Date(time).getUTCFullYear();
  return year >= 0 && year <= 9999 ? time : undefined;
}

/** `Date.parse` takes the 30th of February for a day of March. */
function isDate(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}
