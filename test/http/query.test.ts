import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Refusal } from '../../src/core/errors.ts';
import { ignoredHeaders, readQuery } from '../../src/http/query.ts';

const schema = z.object({
  mode: z.enum(['full', 'delta'], { error: 'expected full or delta' }).default('full'),
  limit: z.coerce.number().optional(),
});
const read = (query: string) => readQuery(new URLSearchParams(query), schema);

describe('A query', () => {
  it('is read by its schema, and tells what it holds besides', () => {
    expect(read('mode=delta&limit=7')).toEqual({ query: { mode: 'delta', limit: 7 }, ignored: [] });
    expect(read('')).toEqual({ query: { mode: 'full' }, ignored: [] });
    expect(read('_=17&utm_source=x&_=18')).toEqual({ query: { mode: 'full' }, ignored: ['_', 'utm_source'] });
  });

  it.for([
    ['mod=delta', 'mod: no such option – did you mean mode?'],
    ['LIMIT=1', 'LIMIT: no such option – did you mean limit?'],
    ['tokn=abc', 'tokn: no such option – did you mean token?'],
    ['mode=half', 'mode: expected full or delta'],
    ['mode=full&mode=delta', 'mode: given 2 times, expected once'],
    ['limit=1&limit=1&limit=1', 'limit: given 3 times, expected once'],
  ] as const)('is refused by name: %s', ([query, detail]) => {
    const refusal = read(query);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'BAD_OPTION', detail });
  });

  it('may hold a token, which is told to nobody', () => {
    const tokens = ['token=secret', 'access_token=secret', 'Access_Token=secret', 'token=a&token=b'];
    for (const query of tokens) expect(read(query)).toEqual({ query: { mode: 'full' }, ignored: [] });
  });

  it('never names an inherited property', () => {
    expect(read('__proto__=1&constructor=2&toString=3')).toMatchObject({
      query: { mode: 'full' },
      ignored: ['__proto__', 'constructor', 'toString'],
    });
  });

  it('is refused in the words of whoever reads it', () => {
    const words = () => new Refusal('BAD_OPTION', { detail: 'half is no mode' });
    expect(readQuery(new URLSearchParams('mode=half'), schema, words)).toMatchObject({
      detail: 'half is no mode',
    });
  });
});

describe('The header of what was ignored', () => {
  it('is left out where nothing was', () => expect(ignoredHeaders([])).toEqual({}));

  it('can be sent whatever the names are', () => {
    const headers = ignoredHeaders(['_', 'a,b', 'x\r\nset-cookie: y', '€', '😀']);
    expect(headers).toEqual({
      'X-Ignored-Options': '_,a%2Cb,x%0D%0Aset-cookie%3A%20y,%E2%82%AC,%F0%9F%98%80',
    });
    expect(new Headers(headers).get('x-ignored-options')).toBeDefined();
  });
});
