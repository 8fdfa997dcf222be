import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editsBetween, ignoredNames } from '../../src/core/option-names.ts';

const options = [
  'mode',
  'encoding',
  'interval',
  'sections',
  'symbol',
  'since',
  'from',
  'to',
  'format',
  'token',
];

describe('A name that is no option', () => {
  it.for([
    ['mod', 'mode'],
    ['modes', 'mode'],
    ['Mode', 'mode'],
    ['MODE', 'mode'],
    ['mdoe', 'mode'],
    ['intervall', 'interval'],
    ['intreval', 'interval'],
    ['itnevral', 'interval'],
    ['nterval', 'interval'],
    ['itervall', 'interval'],
    ['section', 'sections'],
    ['sections[]', 'sections'],
    ['sektion', 'sections'],
    ['form', 'from'],
    ['formatt', 'format'],
    ['forat', 'format'],
    ['tokne', 'token'],
  ] as const)('is refused where it is nearly one: %s', ([name, meant]) => {
    expect(ignoredNames([name], options)).toBe(`${name}: no such option – did you mean ${meant}?`);
  });

  it.for([
    '_',
    't',
    'v',
    'on',
    'm',
    '',
    'mo',
    'modest',
    'nodes',
    'utm_source',
    'EIO',
    'transport',
    'rand',
    'interlinked',
    '__proto__',
    'constructor',
    'sections[0][]',
  ])('is ignored and listed where it is something else: %j', (name) => {
    expect(ignoredNames([name], options)).toEqual([name]);
  });

  it('is refused with the nearest of several', () => {
    expect(ignoredNames(['sections'], ['section', 'sectors'])).toContain('did you mean section?');
    expect(ignoredNames(['sectorss'], ['section', 'sectors'])).toContain('did you mean sectors?');
  });

  it('is listed once, shortened, and only the first eight of many', () => {
    const long = `${'€'.repeat(20)}${'😀'.repeat(20)}`;
    expect(ignoredNames([long, 'extra', 'extra'], options)).toEqual([
      `${'€'.repeat(20)}${'😀'.repeat(12)}`,
      'extra',
    ]);
    const many = Array.from({ length: 32 }, (_, index) => `unknown-${index}`);
    expect(ignoredNames(many, options)).toEqual(many.slice(0, 8));
  });

  it('is refused where there are too many to be compared', () => {
    const many = Array.from({ length: 33 }, (_, index) => `unknown-${index}`);
    expect(ignoredNames(many, options)).toBe('expected at most 32 names that are no options');
  });

  it('is none where it is an option', () => {
    expect(ignoredNames(options, options)).toEqual([]);
    // Not one of them is nearly another, or nobody could give it.
    expect(ignoredNames(['from'], ['from', 'form'])).toEqual([]);
  });
});

/** A text after one edit. */
const edited = (text: string) =>
  fc
    .record({
      kind: fc.constantFrom('more', 'less', 'other', 'swap'),
      at: fc.nat(text.length),
      letter: fc.constantFrom(...'abc'),
    })
    .map(({ kind, at, letter }) => {
      const [before, rest] = [text.slice(0, at), text.slice(at)];
      if (kind === 'more') return before + letter + rest;
      if (kind === 'swap') return before + rest.slice(1, 2) + rest.slice(0, 1) + rest.slice(2);
      return before + (kind === 'less' ? '' : letter) + rest.slice(1);
    });
const word = fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 8 });

describe('The edits between two names', () => {
  it('are none where they are the same, and alike both ways', () => {
    fc.assert(fc.property(word, (text) => editsBetween(text, text) === 0));
    const near = word.chain((text) => fc.tuple(fc.constant(text), edited(text)));
    fc.assert(fc.property(near, ([one, other]) => editsBetween(one, other) === editsBetween(other, one)));
  });

  it('are at most one after one edit, a swap of neighbours too', () => {
    const pair = word.chain((text) => fc.tuple(fc.constant(text), edited(text)));
    fc.assert(fc.property(pair, ([one, other]) => editsBetween(one, other) <= 1));
  });

  it('are at most two after a swap and another edit elsewhere, or two swaps', () => {
    expect(editsBetween('interval', 'intreval')).toBe(1);
    expect(editsBetween('interval', 'itnerval')).toBe(1);
    expect(editsBetween('interval', 'itnevral')).toBe(2);
    expect(editsBetween('interval', 'itnervall')).toBe(2);
    expect(editsBetween('interval', 'xtnerval')).toBeGreaterThan(1);
    expect(editsBetween('abc', 'xyz')).toBe(3);
  });
});
