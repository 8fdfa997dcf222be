import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readInstant } from '../../src/core/instant.ts';

const textOf = (value: unknown): string | undefined => readInstant(value)?.text;

describe('readInstant', () => {
  it.each([
    ['2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'],
    ['2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z'],
    ['2026-11-30T12:00:00.123456+02:00', '2026-11-30T10:00:00.123456Z'],
    // java.time leaves out what is 0, and names the zone.
    ['2025-01-01T00:00Z', '2025-01-01T00:00:00Z'],
    ['2025-01-01T00:00+05:30', '2024-12-31T18:30:00Z'],
    ['2026-11-30T12:00:00.120+01:00[Europe/Berlin]', '2026-11-30T11:00:00.120Z'],
    ['2026-11-30T12:00:00Z[UTC][u-ca=iso8601]', '2026-11-30T12:00:00Z'],
    ['2026-11-30T12:00:00[UTC]', '2026-11-30T12:00:00Z'],
    ['2025-01-01T06:00:00+0530', '2025-01-01T00:30:00Z'],
    ['2025-01-01T06:00:00-05', '2025-01-01T11:00:00Z'],
    ['2025-01-01T06:00:00-00:00', '2025-01-01T06:00:00Z'],
    ['2025-01-01T00:00:00.123456789Z', '2025-01-01T00:00:00.123456789Z'],
    ['2025-01-01T00:00:00,5Z', '2025-01-01T00:00:00.5Z'],
    // What Python prints, and Ruby.
    ['2025-01-01 00:00:00.5', '2025-01-01T00:00:00.5Z'],
    ['2025-01-01 02:00:00 +0200', '2025-01-01T00:00:00Z'],
    ['2025-01-01 00:00:00 UTC', '2025-01-01T00:00:00Z'],
    ['20250101T060000.25+0530', '2025-01-01T00:30:00.25Z'],
    ['2025-01-01t00:00:00z', '2025-01-01T00:00:00Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    // The next midnight, in its own year.
    ['2025-12-31T24:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['2025-12-31T24:00+01:00', '2025-12-31T23:00:00Z'],
  ])('reads ISO 8601: %s', (text, shown) => expect(textOf(text)).toBe(shown));

  it.each([
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['2016-12-31T23:59:60.123456Z', '2016-12-31T23:59:59.999999Z'],
    ['2017-01-01T08:59:60+09:00', '2016-12-31T23:59:59.999Z'],
    ['Sat, 31 Dec 2016 23:59:60 GMT', '2016-12-31T23:59:59.999Z'],
  ])('reads the leap second %s as the last moment before it', (text, shown) => {
    expect(textOf(text)).toBe(shown);
    const [before, leap, after] = ['2016-12-31T23:59:59.9Z', text, '2017-01-01T00:00:00Z'].map(
      (one) => readInstant(one)?.epochMs ?? Number.NaN,
    );
    expect([before, leap, after]).toEqual([before, leap, after].sort());
  });

  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Monday, 30-Nov-26 12:00:00 GMT', '2026-11-30T12:00:00Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['Mon Nov 30 12:00:00 2026', '2026-11-30T12:00:00Z'],
    ['Mon, 30 Nov 2026 12:00:00 +0200', '2026-11-30T10:00:00Z'],
    ['Mon, 30 Nov 2026 12:00:00 -0000', '2026-11-30T12:00:00Z'],
  ])('reads HTTP dates: %s', (text, shown) => expect(textOf(text)).toBe(shown));

  it.each([
    [1_764_504_000, '2025-11-30T12:00:00Z'],
    [1_764_504_000.123_456, '2025-11-30T12:00:00.123456Z'],
    [1_764_504_000_000, '2025-11-30T12:00:00.000Z'],
    [1_764_504_000_123.5, '2025-11-30T12:00:00.1235Z'],
    [1_764_504_000_123_456, '2025-11-30T12:00:00.123456Z'],
    ['1764504000123456789', '2025-11-30T12:00:00.123456789Z'],
    ['1764504000123456000', '2025-11-30T12:00:00.123456000Z'],
    ['1764504000.1', '2025-11-30T12:00:00.1Z'],
    ['+1764504000', '2025-11-30T12:00:00Z'],
    // The least of each unit, and the most of the one before.
    [99_999_999_999, '5138-11-16T09:46:39Z'],
    [100_000_000_000, '1973-03-03T09:46:40.000Z'],
    [99_999_999_999_999, '5138-11-16T09:46:39.999Z'],
    [100_000_000_000_000, '1973-03-03T09:46:40.000000Z'],
    ['99999999999999999', '5138-11-16T09:46:39.999999Z'],
    ['100000000000000000', '1973-03-03T09:46:40.000000000Z'],
    [0, '1970-01-01T00:00:00Z'],
    [-1, '1969-12-31T23:59:59Z'],
    [-1.5, '1969-12-31T23:59:58.5Z'],
    ['-100000000001', '1966-10-31T14:13:19.999Z'],
  ])('reads epoch numbers by their size: %s', (value, shown) => expect(textOf(value)).toBe(shown));

  it('compares with what a double holds of the digits below the millisecond', () => {
    const times = ['.123Z', '.1234Z', '.123456Z', '.124Z'].map(
      (digits) => readInstant(`2026-11-30T12:00:00${digits}`)?.epochMs,
    );
    expect(new Set(times).size).toBe(4);
    expect(times).toEqual([...times].sort());
    expect(times[1]).toBeCloseTo(Date.UTC(2026, 10, 30, 12, 0, 0, 123) + 0.4, 3);
    expect(readInstant(1_764_504_000.5)?.epochMs).toBe(1_764_504_000_500);
  });

  it.each([
    '',
    'yesterday',
    '2025-01-01',
    '2025-1-1T00:00:00Z',
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-01T25:00:00Z',
    '2025-01-01T24:00:01Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:60Z',
    '2025-01-01T00:00:61Z',
    '2025-01-01T00:00:00+25:00',
    '2025-01-01T00:00:00+01:60',
    '2025-01-01T00:00:00ZZ',
    '2025-01-01T00:00:00Z\n',
    '2025-01-01T00:00:00.Z',
    // What it means depends on the rules of the zone.
    '2025-01-01T00:00:00[Europe/Berlin]',
    'Sun, 32 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37',
    'Sun Foo  6 08:49:37 1994',
    '17e8',
    '0x69',
    '.5',
    // Years that no other date of ours has: they need a sign and six digits.
    '9999-12-31T23:59:59-23:59',
    '9999-12-31T24:00:00Z',
    '0000-01-01T00:00:00+23:59',
    '+010000-01-01T00:00:00Z',
    '9'.repeat(21),
    '9'.repeat(100_000),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    -99_999_999_999,
    null,
    true,
    undefined,
    {},
    ['2025-01-01T00:00:00Z'],
  ])('takes %j for none', (value) => expect(readInstant(value)).toBeUndefined());

  it('reads what it writes, and never gives a moment that takes more than four digits for its year', () => {
    const moment = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        const text = date.toISOString();
        expect(readInstant(text)).toEqual({ epochMs: date.getTime(), text });
        if (date.getTime() >= 1e11 && date.getTime() < 1e14) expect(textOf(date.getTime())).toBe(text);
        const whole = `${text.slice(0, -5)}Z`;
        expect(textOf(date.toUTCString())).toBe(whole);
      }),
    );
    const digits = fc.nat(99).map((number) => String(number).padStart(2, '0'));
    const worded = fc
      .array(digits, { minLength: 9, maxLength: 9 })
      .map(([a, b, c, d, e, f, g, h, i]) => `${a}${b}-${c}-${d}T${e}:${f}:${g}+${h}:${i}`);
    fc.assert(
      fc.property(fc.oneof(worded, fc.double(), fc.bigInt().map(String)), (value) => {
        const read = readInstant(value);
        expect(read?.text ?? '0000-00-00T00:00:00Z').toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
        expect(readInstant(read?.text)).toEqual(read);
      }),
    );
  });
});

describe.each(['Asia/Tokyo', 'America/New_York', 'Pacific/Apia'])(
  'readInstant on a machine in %s',
  (zone) => {
    afterEach(() => void vi.unstubAllEnvs());

    it.each([
      ['2026-11-30T12:00:00', '2026-11-30T12:00:00Z'],
      // There is no such hour in New York.
      ['2026-03-08 02:30:00.5', '2026-03-08T02:30:00.5Z'],
      ['20261130T1200', '2026-11-30T12:00:00Z'],
      ['Mon Nov 30 12:00:00 2026', '2026-11-30T12:00:00Z'],
      [1_764_504_000, '2025-11-30T12:00:00Z'],
    ])('reads %s as in UTC', (value, shown) => {
      vi.stubEnv('TZ', zone);
      expect(new Date(0).getTimezoneOffset()).not.toBe(0);
      expect(textOf(value)).toBe(shown);
    });
  },
);
