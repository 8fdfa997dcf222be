import { describe, expect, it } from 'vitest';
import { heldTag, taggedJson } from '../../src/http/responses.ts';

const tag = '0123456789abcdef-42';

function ask(ifNoneMatch?: string): Response {
  const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch };
  return taggedJson(new Request('http://gateway/', { headers }), tag, '{"a":1}');
}

describe('taggedJson', () => {
  it('answers with the document and its tag', async () => {
    const response = ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(`"${tag}"`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.json()).toEqual({ a: 1 });
  });

  it('answers 304 without a body to who holds it', async () => {
    const response = ask(`W/"${tag}"`);
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
      304,
      `W/"${tag}"`,
      '',
    ]);
  });
});

describe('heldTag', () => {
  it.each([
    [`"${tag}"`, `"${tag}"`],
    [`W/"${tag}"`, `W/"${tag}"`],
    ['*', `"${tag}"`],
    [`"x", "${tag}"`, `"${tag}"`],
    [`"x",W/"${tag}" ,"y"`, `W/"${tag}"`],
  ])('finds the form that %s lists', (list, held) => expect(heldTag(list, tag)).toBe(held));

  it.each([tag, `"${tag}x"`, `"x${tag}"`, '""', '', null, `w/"${tag}"`, `"${tag.slice(0, -1)}"`])(
    'finds none in %j',
    (list) => expect(heldTag(list, tag)).toBeUndefined(),
  );
});
