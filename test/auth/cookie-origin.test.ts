import { describe, expect, it } from 'vitest';
import { anonymousMayChange, cookieOriginAllowed } from '../../src/auth/cookie-origin.ts';

describe('cookieOriginAllowed', () => {
  describe('without a list', () => {
    const allowedOrigins = '*';

    it.each([
      ['https://dash.example.com', 'dash.example.com'],
      ['https://dash.example.com', 'dash.example.com:443'],
      ['http://dash.example.com', 'DASH.example.com:80'],
      ['http://localhost:3000', 'localhost:3000'],
      ['http://[::1]:3000', '[::1]:3000'],
    ])('lets a page of %s use %s', (origin, host) => {
      expect(cookieOriginAllowed({ origin, host, allowedOrigins })).toBe(true);
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
      expect(cookieOriginAllowed({ origin, host, allowedOrigins })).toBe(false);
    });
  });

  describe('with a list', () => {
    const allowedOrigins = ['https://dash.example.com', 'http://localhost:5173'];
    const host = 'gateway.example.com';

    it.each(['https://dash.example.com', 'HTTPS://DASH.example.com', 'http://localhost:5173'])(
      'lets %s in, which is on it',
      (origin) => {
        expect(cookieOriginAllowed({ origin, host, allowedOrigins })).toBe(true);
      },
    );

    it.each(['https://evil.example', 'https://gateway.example.com', 'null', ''])(
      'does not let %j in, which is not on it',
      (origin) => {
        expect(cookieOriginAllowed({ origin, host, allowedOrigins })).toBe(false);
      },
    );
  });

  describe('without an Origin header', () => {
    const request = { origin: undefined, host: 'localhost:3000' };

    it.each([undefined, 'cross-site', 'same-site', 'none'])('refuses a request from %s', (fetchSite) => {
      for (const allowedOrigins of ['*', ['http://localhost:3000']] as const) {
        expect(cookieOriginAllowed({ ...request, fetchSite, allowedOrigins })).toBe(false);
      }
    });

    it('lets a page read from its own origin', () => {
      expect(cookieOriginAllowed({ ...request, fetchSite: 'same-origin', allowedOrigins: '*' })).toBe(true);
    });
  });
});

describe('anonymousMayChange', () => {
  const listed = ['https://dash.example.com'];
  const host = 'gateway.example.com:3000';

  it.each([
    [undefined, '*', true],
    [undefined, listed, true],
    ['http://gateway.example.com:3000', '*', true],
    ['http://gateway.example.com:3000', listed, true],
    ['https://dash.example.com', listed, true],
    ['https://dash.example.com', '*', false],
    ['https://evil.example', listed, false],
    ['http://gateway.example.com:8080', '*', false],
    ['null', '*', false],
  ] as const)('of the origin %s, with %j allowed: %s', (origin, allowedOrigins, expected) => {
    expect(anonymousMayChange({ origin, host, allowedOrigins })).toBe(expected);
  });
});
