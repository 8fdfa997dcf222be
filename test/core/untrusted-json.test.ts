import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forbiddenKeys, parseUntrusted, type UntrustedJsonOptions } from '../../src/core/untrusted-json.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';

const nulling: UntrustedJsonOptions = { nonFinite: 'null' };
const nullingFields: UntrustedJsonOptions = { nonFinite: 'nullField' };
const nested = (levels: number, open = '[', close = ']'): string =>
  open.repeat(levels) + close.repeat(levels);

describe('parseUntrusted', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        const parsed = parseUntrusted(JSON.stringify(value), nulling);
        expect(parsed).toEqual({ ok: true, value, nonFinite: [] });
      }),
    );
  });

  it('never throws, and refuses what JSON.parse refuses unless a non-finite word is in it', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      '1',
      '-',
      '.',
      'e9',
      'a',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const accepts = (() => {
            try {
              JSON.parse(text);
              return true;
            } catch {
              return false;
            }
          })();
          const parsed = parseUntrusted(text, nulling);
          if (!/NaN|Infinity/.test(text)) expect(parsed.ok).toBe(accepts);
        },
      ),
    );
  });

  it('does not quote the text it refuses', () => {
    const parsed = parseUntrusted('{"password":"hunter2"', nulling);
    expect(parsed).toMatchObject({ ok: false, reason: 'malformed' });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  it('allows 64 levels of nesting and refuses 65', () => {
    expect(parseUntrusted(nested(64), nulling).ok).toBe(true);
    expect(parseUntrusted(nested(65), nulling)).toMatchObject({ ok: false, reason: 'too_deep' });
    expect(parseUntrusted(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, nulling)).toMatchObject({
      reason: 'too_deep',
    });
    expect(parseUntrusted(nested(3), { ...nulling, maxDepth: 2 })).toMatchObject({ reason: 'too_deep' });
  });

  it.each(['[', '{"a":'])('survives any number of %s', (open) => {
    expect(parseUntrusted(open.repeat(200_000), nulling)).toMatchObject({ reason: 'malformed' });
    expect(parseUntrusted(nested(200_000), nulling)).toMatchObject({ reason: 'too_deep' });
  });

  it('keeps the sentence about a deep or forbidden place short', () => {
    const key = 'k'.repeat(100_000);
    const parsed = parseUntrusted(`{"${key}":{"constructor":1}}`, nulling);
    expect(parsed.ok ? '' : parsed.detail.length).toBeLessThan(300);
  });

  it.each([...forbiddenKeys])('refuses the key %s at any place, escaped or not', (key) => {
    const escaped = `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`;
    for (const spelled of [key, escaped]) {
      const texts = [`{"${spelled}":1}`, `{"a":[{"${spelled}":{}}]}`, `{"a":NaN,"${spelled}":null}`];
      for (const text of texts) {
        expect(parseUntrusted(text, nullingFields)).toMatchObject({ ok: false, reason: 'forbidden_key' });
      }
    }
    expect(parseUntrusted(`["${key}"]`, nulling)).toMatchObject({ ok: true, value: [key] });
  });

  it('takes keys that an object inherits as plain keys', () => {
    const parsed = parseUntrusted('{"toString":1,"hasOwnProperty":2,"valueOf":1e999}', nulling);
    expect(parsed).toMatchObject({ ok: true, value: { toString: 1, hasOwnProperty: 2, valueOf: null } });
  });

  // One client may send 16 KiB twenty times a second, an engine 4 MiB: no text may cost the square of its length.
  // These are small enough to end within a minute where one does, past the deadline of a test.
  it.each([
    ['escaped quotes', `"${'\\"'.repeat(50_000)}`],
    ['escaped quotes before a lone backslash', `"${'\\"'.repeat(50_000)}\\`],
    ['backslashes', `"${'\\'.repeat(100_001)}`],
    ['quotes', '"'.repeat(100_001)],
    ['minus signs', `[${'-'.repeat(100_000)}`],
  ])('refuses a long string of %s that never ends', (_what, text) => {
    expect(parseUntrusted(text, nulling)).toMatchObject({ ok: false, reason: 'malformed' });
  });
});
