import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json.ts';
import { parseUntrusted } from '../../src/core/untrusted-json.ts';

const parse = (text: string, exactIntegers = true) =>
  parseUntrusted(text, { nonFinite: 'null', exactIntegers });
const valueIn = (text: string): unknown => {
  const parsed = parse(text);
  return parsed.ok ? parsed.value : parsed.reason;
};

describe('parseUntrusted, asked for exact integers,', () => {
  it.each([
    '8389765489680951453',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740992',
    '-8389765489680951453',
    `1${'0'.repeat(400)}`,
  ])('gives %s as text, wherever it stands', (digits) => {
    for (const [text, value] of [
      [digits, digits],
      [` ${digits}\n`, digits],
      [`[${digits},[ ${digits} ]]`, [digits, [digits]]],
      [`{"a":${digits},"b":{"c" :\t${digits}\r\n}}`, { a: digits, b: { c: digits } }],
      [`{"a":NaN,"b":[${digits},-Infinity]}`, { a: null, b: [digits, null] }],
      [`﻿{"id":${digits}}`, { id: digits }],
    ] as const) {
      expect(valueIn(text)).toEqual(value);
    }
  });

  it.each([
    ['0', 0],
    ['-1', -1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['1764504000123456', 1_764_504_000_123_456],
    ['1e20', 1e20],
    ['12345678901234567890e-4', 1_234_567_890_123_456.8],
    ['9007199254740993.0', 2 ** 53],
    ['0.12345678901234567890', 0.123_456_789_012_345_68],
    ['1E+17', 1e17],
  ])('leaves %s a number', (text, number) => {
    expect(valueIn(`{"big":9007199254740993,"n":${text}}`)).toEqual({ big: '9007199254740993', n: number });
    expect(valueIn(text)).toBe(number);
  });

  it('keeps the sign of zero', () =>
    expect(valueIn('[-0,9007199254740993]')).toEqual([-0, '9007199254740993']));

  it.each([
    '"id 8389765489680951453, 8389765489680951453"',
    '"\\" :8389765489680951453"',
    '"\\\\\\" [8389765489680951453]"',
    '"8389765489680951453"',
  ])('leaves what stands in a string alone: %s', (string) => {
    const text = `{${string}:${string},"n":8389765489680951453}`;
    const inside: unknown = JSON.parse(string);
    expect(valueIn(text)).toEqual({ [String(inside)]: inside, n: '8389765489680951453' });
  });

  it.each([
    '08389765489680951453',
    '+8389765489680951453',
    '--8389765489680951453',
    '8389765489680951453.',
    '8389765489680951453e',
    '1-8389765489680951453',
    '8389765489680951453 8389765489680951453',
    '8389765489680951453NaN',
    'x8389765489680951453',
  ])('refuses %s as before', (text) => {
    for (const whole of [text, `[${text}]`, `{"a":${text}}`]) expect(valueIn(whole)).toBe('malformed');
  });

  it.each(['{8389765489680951453:1}', '{8389765489680951453 : 1}', '{"a":NaN,8389765489680951453:1}'])(
    'takes no number for a key: %s',
    (text) => expect(valueIn(text)).toBe('malformed'),
  );

  it('gives the nearest number where nobody asks for more', () => {
    expect(parse('[8389765489680951453]', false)).toMatchObject({ value: [Number('8389765489680951453')] });
  });

  it('refuses what it would refuse without one', () => {
    expect(valueIn('{"id":8389765489680951453,"__proto__":1}')).toBe('forbidden_key');
    expect(valueIn(`${'['.repeat(65)}8389765489680951453${']'.repeat(65)}`)).toBe('too_deep');
  });

  it('reads any JSON as it is written, with text for exactly the integers that no double holds', () => {
    const space = fc.constantFrom('', ' ', '\n\t');
    const number = fc.oneof(
      fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
      fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 20n }), fc.nat(99)).map(([a, b]) => `${a}.${b}`),
      fc.tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 20n }), fc.nat(9)).map(([a, b]) => `${a}e${b}`),
    );
    const read = (text: string): JsonValue =>
      /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? text : Number(text);
    interface Written {
      readonly text: string;
      readonly value: JsonValue;
    }
    const string = fc
      .oneof(fc.string(), fc.constant('",8389765489680951453'), fc.constant('\\'))
      .map((value): Written => ({ text: JSON.stringify(value), value }));
    const { written } = fc.letrec<{ written: Written }>((tie) => ({
      written: fc.oneof(
        { maxDepth: 4 },
        number.map((text) => ({ text, value: read(text) })),
        string,
        fc.tuple(fc.array(tie('written'), { maxLength: 4 }), space).map(([items, gap]) => ({
          text: `[${gap}${items.map(({ text }) => text + gap).join(`,${gap}`)}]`,
          value: items.map(({ value }) => value),
        })),
        fc.tuple(fc.array(tie('written'), { maxLength: 4 }), space).map(([items, gap]) => ({
          text: `{${items.map(({ text }, index) => `"k${index}"${gap}:${gap}${text}${gap}`).join()}}`,
          value: Object.fromEntries(items.map(({ value }, index) => [`k${index}`, value])),
        })),
      ),
    }));
    fc.assert(
      fc.property(written, ({ text, value }) => {
        expect(valueIn(text)).toEqual(value);
      }),
    );
  });

  // No text may cost the square of its length; these are small enough to end where one does.
  it.each([
    ['one integer', '1'.repeat(1_000_000)],
    ['integers', `[${'8389765489680951453,'.repeat(50_000)}1]`],
    ['spaces behind integers', `[${`8389765489680951453${' '.repeat(1000)},`.repeat(1000)}1]`],
    ['escaped quotes before an integer', `["${'\\"'.repeat(500_000)}",8389765489680951453]`],
    ['digits in strings', `[8389765489680951453,"${'1'.repeat(1_000_000)}"]`],
  ])('reads a long text of %s in time', (_what, text) => {
    const options = { nonFinite: 'null', exactIntegers: true, maxMembers: 1_000_000 } as const;
    expect(parseUntrusted(text, options).ok).toBe(true);
  });
});
