import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, withoutAnsi } from '../../src/core/terminal-text.ts';

const esc = '\u001b';
const bell = '\u0007';

describe('withoutAnsi', () => {
  it.for([
    [`${esc}[31mred${esc}[0m`, 'red'],
    [`${esc}[38;2;1;2;3mrgb${esc}[m and ${esc}[1;4Kmore`, 'rgb and more'],
    ['\u009b31mred\u009b0m', 'red'],
    [`${esc}]0;title${bell}text`, 'text'],
    [`${esc}]8;;http://x.example${esc}\\link${esc}]8;;${esc}\\`, 'link'],
    [`${esc}(Bcharset ${esc}7saved${esc}=`, 'charset saved'],
    [`${esc}]0;never ended, not hidden`, '0;never ended, not hidden'],
    [`cut ${esc}[3`, 'cut '],
    [`cut ${esc}`, 'cut '],
    ['[31m is text, \t too', '[31m is text, \t too'],
  ])('takes the sequences out of %j', ([text, rest]) => {
    expect(withoutAnsi(text ?? '')).toBe(rest);
  });

  it('leaves no escape, leaves other text alone, and takes little time', () => {
    const part = fc.constantFrom(esc, '[', ']', ';', '3', 'm', bell, '\\', 'a', '\u009b', '\u009d', ' ', 'é');
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (text) => {
          const rest = withoutAnsi(text);
          for (const one of [esc, '\u009b', '\u009d']) expect(rest).not.toContain(one);
          if (!/\p{Cc}/u.test(text)) expect(rest).toBe(text);
        },
      ),
    );
    const startedAt = performance.now();
    for (const text of [
      '\u009d'.repeat(60_000),
      `\u009dtext`.repeat(30_000),
      `${esc}]`.repeat(30_000),
      `${esc}[`.repeat(30_000),
      `${esc}[${'1;'.repeat(30_000)}`,
    ])
      withoutAnsi(text);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

describe('printable', () => {
  it('writes out what a terminal would obey, and nothing else', () => {
    expect(printable(`a${esc}[2Jb${bell}c\u009bd\u007fe\nf\rg\th`)).toBe(
      'a\\u001b[2Jb\\u0007c\\u009bd\\u007fe\\u000af\\u000dg\th',
    );
    expect(printable('\u202eabc\u2066\u200f\u2028')).toBe('\\u202eabc\\u2066\\u200f\\u2028');
    expect(printable('Lévy 𝄞 👩‍🚀 −1')).toBe('Lévy 𝄞 👩‍🚀 −1');
  });

  it('leaves JSON what it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printable(text))).toEqual(JSON.parse(text));
        expect(printable(text)).not.toMatch(/[^\t\P{Cc}]|[\u202e\u2066]/u);
      }),
    );
  });
});
