import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json.ts';
import { parseUntrusted } from '../../src/core/untrusted-json.ts';

const words = ['NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '1E+400'] as const;

describe('parseUntrusted with a number that is not finite', () => {
  it.each(words)('reads %s as null where asked to', (word) => {
    expect(parseUntrusted(`{"a":${word},"b":[1,${word}],"c":{"d":${word}}}`, { nonFinite: 'null' })).toEqual({
      ok: true,
      value: { a: null, b: [1, null], c: { d: null } },
      nonFinite: ['a', 'b[1]', 'c.d'],
    });
  });

  it.each(words)('reads the field that holds %s as null where asked to', (word) => {
    expect(
      parseUntrusted(`{"a":${word},"b":[1,[${word}],2],"c":{"d":${word},"e":1}}`, { nonFinite: 'nullField' }),
    ).toEqual({
      ok: true,
      value: { a: null, b: null, c: { d: null, e: 1 } },
      nonFinite: ['a', 'b[1][0]', 'c.d'],
    });
  });

  it('takes the field of an object in an array, not the array', () => {
    const parsed = parseUntrusted('{"list":[{"x":NaN,"y":1},{"x":2}]}', { nonFinite: 'nullField' });
    expect(parsed).toMatchObject({ ok: true, value: { list: [{ x: null, y: 1 }, { x: 2 }] } });
  });

  it.each(['1e999', '[1e999]'])('is null where %s is all there is', (text) => {
    expect(parseUntrusted(text, { nonFinite: 'nullField' })).toMatchObject({ ok: true, value: null });
  });

  it.each([
    '{"a":"NaN and -Infinity","b":NaN}',
    '{"a":"\\" NaN","b":NaN}',
    '{"a":"\\\\","b":NaN,"c":"NaN"}',
    '{"NaN":1,"b":Infinity}',
    '{"a":"two\\nlines of Infinity","b":NaN}',
  ])('leaves strings alone in %s', (text) => {
    const parsed = parseUntrusted(text, { nonFinite: 'null' });
    const expected: unknown = JSON.parse(text.replace(/:(NaN|Infinity)/g, ':null'));
    expect(parsed).toEqual({ ok: true, value: expected, nonFinite: ['b'] });
  });

  it.each([
    'NaN1',
    'xNaN',
    'nan',
    '+Infinity',
    '- Infinity',
    '1.NaN',
    '0.Infinity',
    '1-Infinity',
    '1e-Infinity',
    'Infinity.5',
    '1 NaN',
    'NaN NaN',
    '"a"NaN',
  ])('refuses %s, which no JSON writer means', (text) => {
    for (const whole of [text, `[${text}]`, `{"a":${text}}`]) {
      expect(parseUntrusted(whole, { nonFinite: 'null' })).toMatchObject({ ok: false, reason: 'malformed' });
    }
  });

  it('takes no word as a key', () => {
    expect(parseUntrusted('{NaN:1}', { nonFinite: 'null' }).ok).toBe(false);
  });

  it('lets no number through that is not finite, wherever it stands', () => {
    const leaf = fc.constantFrom('1', '"NaN"', 'null', ...words);
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
        fc
          .array(tie('text'), { maxLength: 4 })
          .map((items) => `{${items.map((item, index) => `"k${index}":${item}`).join()}}`),
      ),
    }));
    const isClean = (value: JsonValue): boolean =>
      typeof value === 'object' && value !== null
        ? Object.values<JsonValue>(value).every(isClean)
        : typeof value !== 'number' || Number.isFinite(value);
    fc.assert(
      fc.property(text, fc.constantFrom('null', 'nullField'), (source, nonFinite) => {
        const parsed = parseUntrusted(source, { nonFinite });
        expect(parsed.ok && isClean(parsed.value)).toBe(true);
        const holdsWord = words.some((word) => source.replaceAll('"NaN"', '').includes(word));
        expect(parsed.ok && parsed.nonFinite.length > 0).toBe(holdsWord);
      }),
    );
  });
});
