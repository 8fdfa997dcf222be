import { describe, expect, it } from 'vitest';
import { errorMessage, problemDocument, problemTable } from '../../src/core/errors.ts';

const problems = Object.entries(problemTable);

describe('problem table', () => {
  it('holds these codes and no other: clients match on them', () => {
    expect(Object.keys(problemTable).sort()).toEqual([
      'AT_CAPACITY',
      'AUTH_UNAVAILABLE',
      'BAD_OPTION',
      'BAD_REQUEST',
      'COMMANDS_DISABLED',
      'ENGINE_REFUSED',
      'ENGINE_UNREACHABLE',
      'FORBIDDEN',
      'FORBIDDEN_ROLE',
      'HEADERS_TOO_LARGE',
      'HOST_REFUSED',
      'INGEST_DISABLED',
      'INTERNAL',
      'LIMIT',
      'METHOD_NOT_ALLOWED',
      'NOT_FOUND',
      'NO_DATA',
      'ORIGIN_REFUSED',
      'REQUEST_TIMEOUT',
      'SHUTTING_DOWN',
      'STALE',
      'SUPERSEDED',
      'TOO_LARGE',
      'TOO_MANY_CONNECTIONS',
      'TOO_MANY_REQUESTS',
      'UNAUTHENTICATED',
      'UNKNOWN_SYMBOL',
      'UNSUPPORTED_MEDIA_TYPE',
      'UPGRADE_REQUIRED',
    ]);
  });

  it.each(problems)(
    '%s has a code in capitals, an error status and a sentence',
    (code, { status, title }) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(Number.isInteger(status) && status >= 400 && status < 600).toBe(true);
      expect(title).toMatch(/^[A-Z].*[a-z]$/);
    },
  );

  it('explains each problem in words of its own', () => {
    expect(new Set(problems.map(([, { title }]) => title)).size).toBe(problems.length);
  });

  it('says by its status whose fault it is', () => {
    const ours = problems.filter(([, { status }]) => status >= 500).map(([code]) => code);
    expect(ours.sort()).toEqual([
      'AT_CAPACITY',
      'AUTH_UNAVAILABLE',
      'ENGINE_REFUSED',
      'ENGINE_UNREACHABLE',
      'INTERNAL',
      'LIMIT',
      'NO_DATA',
      'SHUTTING_DOWN',
    ]);
  });
});

describe('problemDocument', () => {
  it('is an RFC 9457 document with the code beside it', () => {
    expect(problemDocument('NOT_FOUND')).toEqual({
      type: 'about:blank',
      title: 'Nothing is served at this path',
      status: 404,
      code: 'NOT_FOUND',
    });
  });

  it('carries a detail only where one is given', () => {
    expect(problemDocument('BAD_REQUEST', { detail: 'no host' }).detail).toBe('no host');
    expect('detail' in problemDocument('BAD_REQUEST')).toBe(false);
  });
});

describe('errorMessage', () => {
  it.each([
    [new TypeError('wrong'), 'wrong'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
  ])('says something of %s', (thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });
});
