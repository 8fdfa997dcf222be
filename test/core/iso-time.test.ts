import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../../src/core/clock.ts';
import { parseIsoTime } from '../../src/core/iso-time.ts';

const read = (text: string): string | undefined => {
  const time = parseIsoTime(text);
  return time === undefined ? undefined : isoTime(time);
};

describe('parseIsoTime', () => {
  it.each([
    ['2025-01-01T00:00:00Z', '2025-01-01T00:00:00.000Z'],
    // java.time leaves out what is 0.
    ['2025-01-01T00:00Z', '2025-01-01T00:00:00.000Z'],
    ['2025-01-01T00:00+05:30', '2024-12-31T18:30:00.000Z'],
    ['2025-01-01T06:00:00+0530', '2025-01-01T00:30:00.000Z'],
    ['2025-01-01T06:00:00-05', '2025-01-01T11:00:00.000Z'],
    ['2025-01-01T00:00:00.123456789Z', '2025-01-01T00:00:00.123Z'],
    ['2025-01-01T00:00:00,5Z', '2025-01-01T00:00:00.500Z'],
    // What Python prints.
    ['2025-01-01 00:00:00.5', '2025-01-01T00:00:00.500Z'],
    ['2025-01-01t00:00:00z', '2025-01-01T00:00:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('takes %s for %s', (text, time) => {
    expect(read(text)).toBe(time);
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
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:00+25:00',
    '2025-01-01T00:00:00ZZ',
    '2025-01-01T00:00:00Z\n',
    // Years that no other date of ours has: they need a sign and six digits.
    '9999-12-31T23:59:59-23:59',
    '0000-01-01T00:00:00+23:59',
    '+010000-01-01T00:00:00Z',
  ])('takes %j for none', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });

  it('reads what it writes, and never gives a moment that takes more than four digits for its year', () => {
    const moment = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(moment, (date) => parseIsoTime(date.toISOString()) === date.getTime()));
    const digits = fc.nat(99).map((number) => String(number).padStart(2, '0'));
    fc.assert(
      fc.property(fc.array(digits, { minLength: 9, maxLength: 9 }), ([a, b, c, d, e, f, g, h, i]) => {
        const shown = read(`${a}${b}-${c}-${d}T${e}:${f}:${g}+${h}:${i}`);
        expect(shown ?? '0000-').toMatch(/^\d{4}-/);
      }),
    );
  });
});
