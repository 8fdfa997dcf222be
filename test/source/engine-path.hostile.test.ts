import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leadsElsewhere, pathFault } from '../../src/source/engine-path.ts';

describe('A path that an engine may read otherwise', () => {
  it.for([
    '/x/..;/admin',
    '/x/..;a=1/admin',
    '/x/%2e%2e;/admin',
    '/x/..%3b/admin',
    '/x/.;/admin',
    '/x/%252e%252e/admin',
    '/x/%25252e%25252e/admin',
    '/x%252fadmin',
    '/x%255cadmin',
    '/x/%2573ystem',
    '/x/%c0%ae%c0%ae/admin',
    '/x%c0%afadmin',
    '/x%e0%80%afadmin',
    '/x%f0%80%80%afadmin',
    '/x/%ff',
    '/x/%ed%a0%80',
    '/x\\..\\admin',
    '/x%5cadmin',
    '/x%2fadmin',
    '/x%00',
    '/x%0d%0aHost:y',
    '/x%0a',
    '/x%7f',
    '/x/%u002e%u002e/admin',
    '/x/%zz',
    '/x/%',
    '/x/．．/admin',
    '/x/%ef%bc%8e%ef%bc%8e/admin',
  ])('is refused: %s', (path) => {
    expect(pathFault(path)).toBeTypeOf('string');
  });

  it.for([
    '/x',
    '/x/',
    '/x/7;v=1/y',
    '/x/a%20b',
    '/x/50%25',
    '/x/%C3%BC',
    '/x/ü',
    '/x/..a',
    '/x/a..',
    '/x//y',
  ])('is not one that has one meaning: %s', (path) => {
    expect(pathFault(path)).toBeUndefined();
  });

  it('is none that anybody encodes once, as one part, of a text that leads nowhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const fault = pathFault(`/x/${encodeURIComponent(text)}`);
        const plain = !leadsElsewhere(text) && !/[/\\\p{Cc}]|%[\da-f]{2}/iu.test(text.normalize('NFKC'));
        if (plain) expect(fault).toBeUndefined();
      }),
    );
  });
});
