import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactText } from '../../src/observe/redact-text.ts';

const secret = 'hunter2-hunter2';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

describe('redactText', () => {
  it.each([
    `token=${secret}`,
    `token: "${secret} ${secret}"`,
    `{"password":"${secret}"}`,
    `Authorization: Bearer ${secret}`,
    `got Basic ${secret}==`,
    `https://host/path?token=${secret}&a=1`,
    `ws://user:${secret}@host/`,
    `redis://:${secret}@host:6379 lost`,
    `cookie=${secret}; path=/`,
    `secret = '${secret}'`,
  ])('leaves nothing of the secret in %j', (text) => {
    expect(redactText(text)).not.toContain(secret);
  });

  it('finds a JSON web token wherever it stands', () => {
    expect(redactText(`checked ${jwt} twice`)).toBe('checked [redacted] twice');
  });

  it.each([
    'WebSocket connected: 8c00ac35-297f-4db3-ad32-d360c5b04b70',
    'HCG health check passed (45.2 ms)',
    'the token expired',
    'listening on http://localhost:3000/path',
    'is it 5 > 3? yes',
  ])('leaves %j as it is', (text) => expect(redactText(text)).toBe(text));

  it('takes no time to speak of, whatever the text', () => {
    const parts = fc.constantFrom(
      'token',
      '=',
      ':',
      '"',
      "'",
      ' ',
      '://',
      '@',
      '?',
      'eyJ',
      '.',
      'Bearer ',
      'a',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 2000 }), (pieces) => {
        const startedAt = performance.now();
        redactText(pieces.join(''));
        expect(performance.now() - startedAt).toBeLessThan(250);
      }),
      { numRuns: 50 },
    );
  });
});
