import { describe, expect, it } from 'vitest';
import { formatInstant, formatTime, instantOf, withLocalTimes } from '../../src/dashboard/model/format.ts';

const moment = Date.UTC(2026, 0, 1, 8, 0, 5);
/** By the machine's own reckoning, whatever zone it is in. */
const local = (instant: number): string => new Date(instant).toTimeString().slice(0, 8);

describe('Moments', () => {
  it.each([
    '2026-01-01T08:00:05Z',
    '2026-01-01T08:00:05.000000Z',
    '2026-01-01T17:00:05+09:00',
    '2026-01-01T03:00:05-0500',
    // Without an offset it is UTC, whatever zone the machine is in.
    '2026-01-01T08:00:05',
    '2026-01-01 08:00:05',
  ])('are read as they are meant: %s', (text) => {
    expect(instantOf(text)).toBe(moment);
  });

  it.each([
    null,
    undefined,
    '',
    'yesterday',
    '0',
    '12',
    0,
    -1,
    Number.NaN,
    1e300,
    '1970-01-01T00:00:00Z',
    {},
    '2026-13-01T00:00:00Z',
  ])('that are none, or those of a clock that nobody set, are a dash: %j', (value) => {
    expect(formatTime(value)).toBe('—');
  });

  it('are shown in local time, with the day where it is not today', () => {
    const day = new Date(moment).getDate();
    expect(formatInstant(moment, moment)).toBe(local(moment));
    expect(formatInstant(moment, moment + 3 * 86_400_000)).toBe(`${day} Jan, ${local(moment)}`);
  });

  it('are local in the gateway’s words, too', () => {
    const now = new Date().toISOString();
    expect(withLocalTimes(`stands still since ${now}: so it is`)).toBe(
      `stands still since ${local(Date.parse(now))}: so it is`,
    );
    expect(withLocalTimes('no moment in it')).toBe('no moment in it');
  });
});
