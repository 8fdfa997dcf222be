import { describe, expect, it } from 'vitest';
import { createOriginPolicy } from '../../src/auth/origin.ts';

describe('OriginPolicy', () => {
  it('lets everyone in with *', () => {
    const { allows } = createOriginPolicy('*');
    for (const origin of [undefined, '', 'null', 'https://evil.example']) expect(allows(origin)).toBe(true);
  });

  const policy = createOriginPolicy(['https://dash.example.com', 'http://localhost:5173']);

  it.each([undefined, 'https://dash.example.com', 'http://localhost:5173', 'https://DASH.example.com'])(
    'lets %s in where it is listed or no browser sent it',
    (origin) => expect(policy.allows(origin)).toBe(true),
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
  ])('keeps %j out', (origin) => expect(policy.allows(origin)).toBe(false));

  it('keeps every browser out with an empty list', () => {
    expect(createOriginPolicy([]).allows('https://dash.example.com')).toBe(false);
    expect(createOriginPolicy([]).allows(undefined)).toBe(true);
  });
});
