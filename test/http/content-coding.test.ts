import { describe, expect, it } from 'vitest';
import { acceptedForSecrets, chooseCoding } from '../../src/http/content-coding.ts';

describe('The content coding of an answer', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip;q=0.9', 'gzip'],
    ['gzip;q=0.9,br;q=0.9', 'br'],
    ['GZip', 'gzip'],
    ['gzip;Q=0.1', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0, gzip;q=0.001', 'gzip'],
    ['identity, gzip', 'gzip'],
    ['identity;q=0.5, gzip;q=1.0', 'gzip'],
    ['identity;q=0, *', 'br'],
    ['deflate, gzip;q=1.0, *;q=0.5', 'gzip'],
  ])('for %s is %s', (accepted, coding) => expect(chooseCoding(accepted, ['br', 'gzip'])).toBe(coding));

  it.each([
    '',
    'identity',
    'gzip;q=0',
    'gzip;q=0.0, br;q=0.000',
    '*;q=0',
    'deflate, zstd',
    'identity;q=1, gzip;q=0.5',
    'identity, *;q=0.1',
    'gzipped',
    ';;,,',
    null,
    undefined,
  ])('for %j is none', (accepted) => expect(chooseCoding(accepted, ['br', 'gzip'])).toBeUndefined());

  it('is one of those offered', () => {
    expect(chooseCoding('br, gzip', ['gzip'])).toBe('gzip');
    expect(chooseCoding('br', ['gzip'])).toBeUndefined();
    expect(chooseCoding('*', [])).toBeUndefined();
  });

  it('is none for what not everybody may read where there are cookies, whosever they are', () => {
    const accepted = (headers: Record<string, string>) =>
      acceptedForSecrets(
        new Request('http://gateway/', { headers: { 'accept-encoding': 'gzip', ...headers } }),
      );
    expect(accepted({})).toBe('gzip');
    expect(accepted({ authorization: 'Bearer x' })).toBe('gzip');
    expect(accepted({ cookie: '_oauth2_proxy=x' })).toBeNull();
  });
});
