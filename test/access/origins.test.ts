import { describe, expect, it } from 'vitest';
import { originsFor, pageRequest } from '../support/access.ts';

function policyFor(allowed: '*' | readonly string[]) {
  const origins = originsFor(allowed);
  return {
    allows: (origin: string | undefined, host: string) => origins.mayRead(pageRequest({ origin, host })),
  };
}

describe('Origins, who may read', () => {
  it('lets everyone in with *', () => {
    const { allows } = policyFor('*');
    for (const origin of [undefined, '', 'null', 'https://evil.example'])
      expect(allows(origin, 'gateway.example.com')).toBe(true);
  });

  const policy = policyFor(['https://dash.example.com', 'http://localhost:5173']);

  it.each([undefined, 'https://dash.example.com', 'http://localhost:5173', 'https://DASH.example.com'])(
    'lets %s in where it is listed or no browser sent it',
    (origin) => expect(policy.allows(origin, 'gateway.example.com')).toBe(true),
  );

  it.each([
    '',
    'null',
    'http://dash.example.com',
    'https://dash.example.com:8443',
    'https://dash.example.com.evil.example',
    'https://evil.example/https://dash.example.com',
    'https://sub.dash.example.com',
    'https://dash.example.com/',
    'https://dash.example.com, https://evil.example',
    'http://localhost',
    '*',
  ])('keeps %j out', (origin) => expect(policy.allows(origin, 'gateway.example.com')).toBe(false));

  it('keeps every browser out with an empty list', () => {
    expect(policyFor([]).allows('https://dash.example.com', 'gateway.example.com')).toBe(false);
    expect(policyFor([]).allows(undefined, 'gateway.example.com')).toBe(true);
  });

  it.each([
    ['http://10.0.0.5:3000', '10.0.0.5:3000'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['http://localhost:3000', 'localhost:3000'],
    ['https://dash.example.com:8443', 'dash.example.com:8443'],
  ])('lets the gateway’s own page of %s in', (origin, host) =>
    expect(policy.allows(origin, host)).toBe(true),
  );

  it('keeps a page out whose name was made to mean this machine', () => {
    expect(policy.allows('http://evil.example:3000', 'evil.example:3000')).toBe(false);
  });
});

describe('Origins, who may use a cookie', () => {
  describe('without a list', () => {
    const allowedOrigins = '*';

    it.each([
      ['https://dash.example.com', 'dash.example.com'],
      ['https://dash.example.com', 'dash.example.com:443'],
      ['http://dash.example.com', 'DASH.example.com:80'],
      ['http://localhost:3000', 'localhost:3000'],
      ['http://[::1]:3000', '[::1]:3000'],
    ])('lets a page of %s use %s', (origin, host) => {
      expect(originsFor(allowedOrigins).mayUseCookie(pageRequest({ origin, host }))).toBe(true);
    });

    it.each([
      ['https://evil.example', 'dash.example.com'],
      ['https://dash.example.com.evil.example', 'dash.example.com'],
      ['https://example.com', 'dash.example.com'],
      ['https://dash.example.com:8443', 'dash.example.com'],
      ['http://localhost:5173', 'localhost:3000'],
      ['http://127.0.0.1:3000', 'localhost:3000'],
      ['https://dash.example.com', 'user@dash.example.com'],
      ['https://dash.example.com', 'dash.example.com/x'],
      ['null', 'dash.example.com'],
      ['', ''],
      ['file://', ''],
      ['https://dash.example.com', undefined],
    ])('does not let a page of %s use %s', (origin, host) => {
      expect(originsFor(allowedOrigins).mayUseCookie(pageRequest({ origin, host }))).toBe(false);
    });
  });

  describe('with a list', () => {
    const allowedOrigins = ['https://dash.example.com', 'http://localhost:5173'];
    const host = 'gateway.example.com';

    it.each(['https://dash.example.com', 'HTTPS://DASH.example.com', 'http://localhost:5173'])(
      'lets %s in, which is on it',
      (origin) => {
        expect(originsFor(allowedOrigins).mayUseCookie(pageRequest({ origin, host }))).toBe(true);
      },
    );

    it.each(['https://evil.example', 'https://gateway.example.com', 'null', ''])(
      'does not let %j in, which is not on it',
      (origin) => {
        expect(originsFor(allowedOrigins).mayUseCookie(pageRequest({ origin, host }))).toBe(false);
      },
    );
  });

  describe('without an Origin header', () => {
    const request = { origin: undefined, host: 'localhost:3000' };

    it.each([undefined, 'cross-site', 'same-site', 'none'])('refuses a request from %s', (fetchSite) => {
      for (const allowed of ['*', ['http://localhost:3000']] as const) {
        expect(
          originsFor(allowed).mayUseCookie(pageRequest({ ...request, 'sec-fetch-site': fetchSite })),
        ).toBe(false);
      }
    });

    it('lets a page read from its own origin', () => {
      expect(originsFor().mayUseCookie(pageRequest({ ...request, 'sec-fetch-site': 'same-origin' }))).toBe(
        true,
      );
    });
  });
});

describe('Origins, who may change something without a token', () => {
  const listed = ['https://dash.example.com'];

  it.each([
    [undefined, 'gateway.example.com', '*', true],
    [undefined, 'gateway.example.com', listed, true],
    ['http://10.0.0.5:3000', '10.0.0.5:3000', '*', true],
    ['http://localhost:3000', 'localhost:3000', listed, true],
    ['http://dash.example.com:3000', 'dash.example.com:3000', listed, true],
    ['https://dash.example.com', 'gateway.example.com', listed, true],
    ['https://dash.example.com', 'gateway.example.com', '*', false],
    ['https://evil.example', 'gateway.example.com', listed, false],
    ['http://localhost:8080', 'localhost:3000', '*', false],
    // A name that was made to mean this machine.
    ['http://evil.example:3000', 'evil.example:3000', '*', false],
    ['null', 'gateway.example.com', '*', false],
  ] as const)('of the origin %s, at %s, with %j allowed: %s', (origin, host, allowedOrigins, expected) => {
    expect(originsFor(allowedOrigins).mayChange(pageRequest({ origin, host }))).toBe(expected);
  });
});
