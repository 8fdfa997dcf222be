import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberInText } from '../../src/core/number-text.ts';

describe('numberInText', () => {
  it.each([
    ['187.32', 187.32],
    [' 187.32\n', 187.32],
    ['+187.32', 187.32],
    ['-0.05', -0.05],
    ['0', 0],
    ['-0', -0],
    // As Python's Decimal words them.
    ['1E+3', 1000],
    ['0E-8', 0],
    ['1.5e-7', 1.5e-7],
    // The nearest one.
    ['9007199254740993', 9_007_199_254_740_992],
    ['0.1000000000000000055511151231257827', 0.1],
  ])('reads %j', (text, number) => expect(numberInText(text)).toBe(number));

  it.each([
    '',
    ' ',
    '0x1F',
    '0b1',
    '1,000',
    '1_000',
    '1 000',
    '1.',
    '.5',
    '01',
    '-',
    '+',
    '+-1',
    '--1',
    '1e',
  ])('takes %j for none', (text) => expect(numberInText(text)).toBeUndefined());

  it.each([
    'NaN',
    'Infinity',
    '-Infinity',
    '1e999',
    '-1e999',
    'null',
    'true',
    '١',
    '187.32 USD',
    '$1',
    '1n',
    '∞',
  ])('takes %j for none', (text) => expect(numberInText(text)).toBeUndefined());

  it('reads whatever JSON.parse reads as a finite number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(numberInText(JSON.stringify(number))).toBe(JSON.parse(JSON.stringify(number)));
        expect(numberInText(`+${Math.abs(number)}`)).toBe(Math.abs(number));
      }),
    );
    const piece = fc.constantFrom('1', '0', '.', 'e', 'E', '-', '+', ' ', '_', 'x', 'Infinity');
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => {
          const digits = text.trim().replace(/^\+(?=\d)/, '');
          const parsed = /^-?\d/.test(digits) ? attempt(() => JSON.parse(digits)) : undefined;
          expect(numberInText(text)).toBe(Number.isFinite(parsed) ? parsed : undefined);
        },
      ),
    );
  });

  it('takes no longer than its length for a text that is nearly a number', () => {
    expect(numberInText(`${' '.repeat(500_000)}1${' '.repeat(500_000)}x`)).toBeUndefined();
    expect(numberInText(`${'1'.repeat(1_000_000)}.`)).toBeUndefined();
  });
});

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
