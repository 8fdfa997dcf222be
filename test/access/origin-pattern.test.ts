import { describe, expect, it } from 'vitest';
import { readOriginPattern } from '../../src/access/origin-pattern.ts';

describe('readOriginPattern', () => {
  it.each([
    ['https://dash.example.com', 'https://dash.example.com', true],
    ['https://dash.example.com', 'HTTPS://DASH.example.com', true],
    ['https://dash.example.com:8443', 'https://dash.example.com:8443', true],
    ['https://dash.example.com', 'http://dash.example.com', false],
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://a.example.com.evil.example', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com', 'https://evil.example/.example.com', false],
    ['https://*.example.com', 'https://a.example.com, https://evil.example', false],
    ['https://*.example.com', 'null', false],
    ['http://[::1]:5173', 'http://[::1]:5173', true],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['capacitor://localhost', 'ionic://localhost', false],
    ['chrome-extension://abcdefgh', 'chrome-extension://abcdefgh', true],
    ['chrome-extension://abcdefgh', 'chrome-extension://other', false],
  ])('%s stands for %s: %s', (entry, origin, expected) => {
    const pattern = readOriginPattern(entry);
    expect(typeof pattern === 'string' ? pattern : pattern.matches(origin)).toBe(expected);
  });

  it.each([
    ['dash.example.com', 'has no scheme'],
    ['null', 'has no scheme'],
    ['', 'has no scheme'],
    ['https://', 'has no scheme'],
    ['https://dash.example.com/', 'more than scheme'],
    ['https://dash.example.com/app', 'more than scheme'],
    ['https://user@dash.example.com', 'more than scheme'],
    ['https://dash.example.com:443', 'that is https://dash.example.com'],
    ['http://127.1', 'that is http://127.0.0.1'],
    ['https://*.com', 'two labels'],
    ['https://*', 'a * that is not the first label'],
    ['https://dash.*.com', 'a * that is not the first label'],
    ['https://*dash.example.com', 'a * that is not the first label'],
    ['https://*.10.0.0.5', 'before an address'],
    ['file:///x', 'send null'],
  ])('says why %j can match nothing', (entry, why) => {
    expect(readOriginPattern(entry)).toContain(why);
  });
});
