import { describe, expect, it } from 'vitest';
import { taggedJson } from '../../src/http/responses.ts';

const tag = '0123456789abcdef-42';

function ask(ifNoneMatch?: string) {
  let rendered = 0;
  const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch };
  const response = taggedJson(new Request('http://gateway/', { headers }), tag, () => {
    rendered += 1;
    return '{"a":1}';
  });
  return { response, rendered: () => rendered };
}

describe('taggedJson', () => {
  it('answers with the document and its tag', async () => {
    const { response } = ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(`"${tag}"`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.json()).toEqual({ a: 1 });
  });

  it.each([`"${tag}"`, `W/"${tag}"`, '*', `"x", "${tag}"`, `"x",W/"${tag}" ,"y"`])(
    'answers 304 without rendering anything to %s',
    async (held) => {
      const { response, rendered } = ask(held);
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(`"${tag}"`);
      expect(await response.text()).toBe('');
      expect(rendered()).toBe(0);
    },
  );

  it.each([tag, `"${tag}x"`, `"x${tag}"`, '""', '', `w/"${tag}"`, `"${tag.slice(0, -1)}"`])(
    'answers 200 to %j',
    (held) => expect(ask(held).response.status).toBe(200),
  );
});
