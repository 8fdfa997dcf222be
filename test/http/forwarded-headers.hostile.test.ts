import { describe, expect, it } from 'vitest';
import {
  answerHeadersOf,
  placeBelow,
  requestHeadersOf,
  sentOnFault,
} from '../../src/http/forwarded-headers.ts';

const nowhere = { placeOf: () => undefined, personal: false };

describe('What of a request’s headers goes on to the engine', () => {
  it('is what says what is asked for, and nothing that changes who asks, where, or how', () => {
    const kept = {
      accept: 'a/b',
      'accept-language': 'de',
      'content-type': 'a/b',
      'if-none-match': '"1"',
      range: 'bytes=0-1',
      'idempotency-key': '1',
      traceparent: '00-1',
      'x-request-id': '7',
    };
    const dropped = {
      'x-http-method-override': 'DELETE',
      'x-original-url': '/api/system/halt',
      'x-rewrite-url': '/api/system/halt',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1',
      referer: 'http://localhost:3000/?token=secret',
      origin: 'http://localhost:3000',
      'user-agent': 'x',
      authorization: 'Bearer secret',
      cookie: 'token=secret',
      'sec-websocket-protocol': 'token, secret',
      'x-tenant': 'a',
    };
    const headers = new Headers({ ...kept, ...dropped });
    expect(requestHeadersOf(headers, new Set())).toEqual(kept);
    expect(requestHeadersOf(headers, new Set(['x-tenant']))).toEqual({ ...kept, 'x-tenant': 'a' });
  });

  it.for([
    'Connection',
    'te',
    'Authorization',
    'COOKIE',
    'host',
    'Content-Length',
    'referer',
    'x-http-method-override',
    'X-Original-URL',
    'two words',
  ])('is never %s, whatever is set', (name) => {
    expect(sentOnFault(name)).toBeTypeOf('string');
    expect(sentOnFault('x-tenant')).toBeUndefined();
  });
});

describe('What of an answer’s headers is passed on', () => {
  it('is nothing that speaks for the gateway, its origin or its proxies', () => {
    const dropped = {
      connection: 'close, x-hop',
      'x-hop': '1',
      'set-cookie': ['token=a', 'b=c'],
      'clear-site-data': '"*"',
      'x-accel-redirect': '/etc/passwd',
      'x-accel-buffering': 'no',
      'x-sendfile': '/etc/passwd',
      'service-worker-allowed': '/',
      refresh: '0; url=http://evil.example',
      'strict-transport-security': 'max-age=1',
      'alt-svc': 'h3=":443"',
      'public-key-pins': 'x',
      nel: '{}',
      'report-to': '{}',
      'www-authenticate': 'Basic realm="gateway"',
      'access-control-allow-origin': '*',
      'content-security-policy-report-only': 'report-uri http://evil.example',
      'content-length': '5',
      'transfer-encoding': 'chunked',
      'speculation-rules': '"/rules"',
    };
    const kept = answerHeadersOf({ ...dropped, etag: '"1"', 'content-disposition': 'attachment' }, nowhere);
    expect(Object.fromEntries(kept)).toEqual({
      etag: '"1"',
      'content-disposition': 'attachment',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  it('keeps each answer a page of no origin, whatever the engine says of it', () => {
    const said = {
      'content-security-policy': "default-src * 'unsafe-inline'",
      'x-content-type-options': 'no',
    };
    const kept = answerHeadersOf(said, nowhere);
    expect(kept.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(kept.get('x-content-type-options')).toBe('nosniff');
  });

  it.for([
    [undefined, 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600', 'private, max-age=60'],
    ['no-store', 'no-store'],
    ['No-Store, public', 'No-Store'],
    ['no-cache', 'private, no-cache'],
    ['private="set-cookie, x", max-age=1', 'private, max-age=1'],
    ['private', 'private'],
  ] as const)('is kept by no shared cache where it is personal: %s', ([said, shown]) => {
    const headers = {
      'cdn-cache-control': 'public',
      ...(said === undefined ? {} : { 'cache-control': said }),
    };
    const kept = answerHeadersOf(headers, { ...nowhere, personal: true });
    expect([kept.get('cache-control'), kept.get('cdn-cache-control')]).toEqual([shown, null]);
    expect(answerHeadersOf(headers, nowhere).get('cache-control')).toBe(said ?? null);
  });
});

describe('Where the engine sends a client', () => {
  const asked = new URL('http://engine:8000/base/api/orders/7');
  it.for([
    ['8', '/api/orders/8'],
    ['/base/api/orders/8?a=1#b', '/api/orders/8?a=1#b'],
    ['http://engine:8000/base/api/orders', '/api/orders'],
    ['', '/api/orders/7'],
    ['/api/orders/8', undefined],
    ['/base/api/risk', undefined],
    ['/base/api/ordersX', undefined],
    ['../../../../x', undefined],
    ['/base/api/orders/../risk', undefined],
    ['/base/api/orders/%2e%2e/risk', undefined],
    ['/base/api/orders/..%2frisk', undefined],
    ['//evil.example/base/api/orders', undefined],
    ['\\\\evil.example/base/api/orders', undefined],
    ['https://engine:8000/base/api/orders', undefined],
    ['http://user@engine:8000/base/api/orders', undefined],
    ['http://engine:8001/base/api/orders', undefined],
    ['javascript:alert(1)', undefined],
    ['http://[', undefined],
  ] as const)('is a path of ours, or nowhere: %s', ([location, place]) => {
    expect(placeBelow(location, asked, '/base', ['/api/orders'])).toBe(place);
  });
});
