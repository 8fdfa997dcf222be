import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findToken, withoutToken } from '../../src/access/credentials.ts';

const places = {
  header: { headers: { authorization: 'Bearer from-header' } },
  subprotocol: { headers: { 'sec-websocket-protocol': 'token, from-subprotocol' } },
  cookie: { headers: { cookie: 'theme=dark; token=from-cookie' } },
  query: { headers: {}, url: '/ws?mode=delta&token=from-query' },
};
const names = ['header', 'subprotocol', 'cookie', 'query'] as const;
/** A request that offers a token in each of the places. */
const offering = (offered: readonly (typeof names)[number][]) => ({
  headers: Object.assign({}, ...offered.map((name) => places[name].headers)),
  url: offered.includes('query') ? places.query.url : '/ws',
});

describe('findToken', () => {
  it.each(names)('finds a token in its place: %s', (place) => {
    expect(findToken(places[place])).toEqual({ token: `from-${place}`, place });
  });

  it('takes the first place present, whichever others there are', () => {
    fc.assert(
      fc.property(fc.subarray([...names], { minLength: 1 }), (offered) => {
        expect(findToken(offering(offered))?.place).toBe(offered[0]);
      }),
    );
  });

  it('finds none where none is offered', () => {
    expect(findToken({ headers: {}, url: '/ws?mode=delta' })).toBeUndefined();
    expect(findToken({ headers: {} })).toBeUndefined();
  });

  it('reads the headers of a Fetch request and those of an upgrade alike', () => {
    const request = new Request('http://localhost/api/telemetry?token=b', {
      headers: { Authorization: 'Bearer a' },
    });
    const upgrade = new IncomingMessage(new Socket());
    upgrade.headers['sec-websocket-protocol'] = 'token, a';
    upgrade.url = '/ws?token=b';
    expect(findToken(request)).toEqual({ token: 'a', place: 'header' });
    expect(findToken(upgrade)).toEqual({ token: 'a', place: 'subprotocol' });
  });

  it('does not take a header called get for a way to read headers', () => {
    expect(findToken({ headers: { get: 'x', cookie: 'token=a' } })?.token).toBe('a');
  });

  it.each([
    ['Bearer a', 'a'],
    ['bearer   a', 'a'],
    ['BEARER a ', 'a'],
    ['Bearer', ''],
    ['Bearer ', ''],
    ['Bearer a b', 'a b'],
    ['a.b.c', ''],
  ])('lets no other place make up for the header %j', (authorization, token) => {
    const request = { headers: { authorization, cookie: 'token=other' }, url: '/?token=other' };
    expect(findToken(request)).toEqual({ token, place: 'header' });
  });

  it.each(['Basic dXNlcjpwYXNz', 'Digest username="a"', 'Bearertoken a', ''])(
    'leaves the header %j to whom it is meant for',
    (authorization) => {
      expect(findToken({ headers: { authorization, cookie: 'token=a' } })?.place).toBe('cookie');
      expect(findToken({ headers: { authorization } })).toBeUndefined();
    },
  );

  it.each([
    ['token,a', 'a'],
    ['other, token, a, more', 'a'],
    ['token, ', ''],
    ['token', undefined],
    ['a, token', undefined],
    ['Token, a', undefined],
    ['tokens, a', undefined],
  ])('reads the subprotocols %j', (protocols, token) => {
    expect(findToken({ headers: { 'sec-websocket-protocol': protocols } })?.token).toBe(token);
  });

  it.each([
    ['token=a', 'a'],
    ['a=1;token=b;token=c', 'b'],
    ['token="a"', 'a'],
    ['token=a=b=', 'a=b='],
    ['token=', ''],
    ['mytoken=a; Token=b', undefined],
    ['token', undefined],
    ['x="; token=y"', 'y"'],
  ])('reads the cookies %j', (cookie, token) => {
    expect(findToken({ headers: { cookie } })?.token).toBe(token);
  });

  it.each([
    ['/ws?token=a&token=b', 'a'],
    ['/ws?token=', ''],
    ['/ws?token', ''],
    ['//[bad?token=a', 'a'],
    ['http://localhost/ws?x=1&token=a%2Eb#token=c', 'a.b'],
    ['/ws?x=?token=a', undefined],
    ['/ws#?token=a', undefined],
    ['/token=a', undefined],
  ])('reads the URL %j', (url, token) => {
    expect(findToken({ headers: {}, url })?.token).toBe(token);
  });
});

describe('withoutToken', () => {
  it.each([
    ['/ws', '/ws'],
    ['/ws?token=a', '/ws'],
    ['/ws?mode=delta&token=a&since=x-1', '/ws?mode=delta&since=x-1'],
    ['/ws?a=%20+&t%6Fken=b&token=c#end', '/ws?a=%20+#end'],
    ['/ws?tokens=a&x=token', '/ws?tokens=a&x=token'],
    ['/ws?TOKEN=a&Access_Token=b&access%5ftoken=c&x=1', '/ws?x=1'],
    ['http://localhost:3000/ws?token', 'http://localhost:3000/ws'],
  ])('makes of %j %j', (url, expected) => {
    expect(withoutToken(url)).toBe(expected);
  });

  it('leaves no token to be found, and nothing more to take away', () => {
    const name = fc.constantFrom('token', 'mode', 't%6fken', 'TOKEN', '');
    const value = fc.constantFrom('', 'a', 'a=b', '?token=c', '%00', '&token');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const cleaned = withoutToken(`/ws?${pairs.map((pair) => pair.join('=')).join('&')}`);
        expect(findToken({ headers: {}, url: cleaned })).toBeUndefined();
        expect(withoutToken(cleaned)).toBe(cleaned);
      }),
    );
  });
});
