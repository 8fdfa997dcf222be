import { describe, expect, it } from 'vitest';
import { createOriginPolicy } from '../../src/access/origin.ts';

describe('OriginPolicy', () => {
  it('lets everyone in with *', () => {
    const { allows } = createOriginPolicy('*');
    for (const origin of [undefined, '', 'null', 'https://evil.example'])
      expect(allows(origin, 'gateway.example.com')).toBe(true);
  });

  const policy = createOriginPolicy(['https://dash.example.com', 'http://localhost:5173']);

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
    expect(createOriginPolicy([]).allows('https://dash.example.com', 'gateway.example.com')).toBe(false);
    expect(createOriginPolicy([]).allows(undefined, 'gateway.example.com')).toBe(true);
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
