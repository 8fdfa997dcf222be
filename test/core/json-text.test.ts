import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countMembers } from '../../src/core/json.ts';
import { endOfString, hasMoreThan } from '../../src/core/json-text.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';

describe('hasMoreThan', () => {
  it('counts in a text what there is once it is parsed, however it is spaced', () => {
    const indent = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(arbitraryJson, indent, fc.nat(12), (value, space, max) => {
        const text = JSON.stringify(value, undefined, space);
        const members = countMembers(JSON.parse(text));
        expect(hasMoreThan(text, max, 64)).toBe(members > max);
      }),
    );
  });

  it('takes nothing in a string for a member', () => {
    const text = JSON.stringify([`${',[{'.repeat(100)}\\`, '"', '\\"', 1]);
    expect([hasMoreThan(text, 3, 64), hasMoreThan(text, 4, 64)]).toEqual([true, false]);
  });

  it('counts no further than it may be nested', () => {
    expect(hasMoreThan(`${'['.repeat(9)}${'0,'.repeat(50)}0${']'.repeat(9)}`, 20, 8)).toBe(false);
    expect(hasMoreThan(`${'['.repeat(8)}${'0,'.repeat(50)}0${']'.repeat(8)}`, 20, 8)).toBe(true);
  });
});

describe('endOfString', () => {
  it('finds the quote that ends it, and the end of the text where none does', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\\', '"', 'x') }), fc.string(), (text, rest) => {
        const written = JSON.stringify(text);
        expect(endOfString(`${written}${rest}`, 0)).toBe(written.length - 1);
        expect(endOfString(written.slice(0, -1), 0)).toBe(written.length - 1);
      }),
    );
  });
});
