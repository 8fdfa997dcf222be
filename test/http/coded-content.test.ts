import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CodedContent, codedResponse } from '../../src/http/coded-content.ts';

const text = 'the same again and again, '.repeat(100);
const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache' };

function ask(sent: Record<string, string>, content = new CodedContent(Buffer.from(text))) {
  const asked = { count: 0 };
  const request = new Request('http://gateway/', { headers: sent });
  const response = codedResponse(request, 'e-1', headers, {
    content() {
      asked.count += 1;
      return content;
    },
  });
  return { response, asked };
}

describe('A response with content that can be compressed', () => {
  it('has it as it is under the tag, for those who ask for no other form', async () => {
    const response = await ask({ 'accept-encoding': 'identity' }).response;
    expect(Object.fromEntries(response.headers)).toEqual({
      ...headers,
      vary: 'Accept-Encoding',
      etag: '"e-1"',
      'content-length': `${text.length}`,
    });
    expect(await response.text()).toBe(text);
  });

  it('has it compressed under the weak tag', async () => {
    const response = await ask({ 'accept-encoding': 'gzip' }).response;
    const body = Buffer.from(await response.arrayBuffer());
    expect(Object.fromEntries(response.headers)).toEqual({
      ...headers,
      vary: 'Accept-Encoding',
      etag: 'W/"e-1"',
      'content-encoding': 'gzip',
      'content-length': `${body.length}`,
    });
    expect(body.length).toBeLessThan(text.length / 10);
    expect(gunzipSync(body).toString()).toBe(text);
  });

  it.each(['"e-1"', 'W/"e-1"'])(
    'is 304 for those who hold it as %s, in whatever form they ask for it',
    async (tag) => {
      for (const coding of ['gzip', 'identity']) {
        const { response, asked } = ask({ 'accept-encoding': coding, 'if-none-match': tag });
        const { status, headers: sent, body } = await response;
        expect([
          status,
          sent.get('etag'),
          sent.get('vary'),
          sent.get('cache-control'),
          body,
          asked.count,
        ]).toEqual([304, tag, 'Accept-Encoding', 'no-cache', null, 0]);
      }
    },
  );

  it('compresses it once for all', async () => {
    const content = new CodedContent(Buffer.from(text));
    const bodies = await Promise.all(Array.from({ length: 5 }, () => content.in('gzip')));
    expect(new Set(bodies).size).toBe(1);
  });

  it('leaves less than a kilobyte as it is', async () => {
    const content = new CodedContent(Buffer.alloc(1023));
    const response = await ask({ 'accept-encoding': 'gzip, br' }, content).response;
    expect([response.headers.get('content-encoding'), response.headers.get('etag')]).toEqual([null, '"e-1"']);
  });
});
