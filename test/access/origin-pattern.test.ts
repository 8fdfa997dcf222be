import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameFault, readOrigin, readOriginPattern } from '../../src/access/origin-pattern.ts';

/** Whether an entry lets an origin in, or what is wrong with the entry. */
function verdict(entry: string, origin: string): boolean | string {
  const pattern = readOriginPattern(entry);
  if (typeof pattern === 'string') return pattern;
  const page = readOrigin(origin);
  return page !== undefined && pattern.matches(page);
}

const label = fc.stringMatching(/^[a-z]([a-z\d-]{0,8}[a-z\d])?$/);
const domain = fc.tuple(label, label).map((labels) => labels.join('.'));

describe('An entry of ALLOWED_ORIGINS', () => {
  it.each([
    ['https://dash.example.com', 'https://dash.example.com', true],
    ['https://dash.example.com', 'HTTPS://DASH.example.com', true],
    ['HTTPS://Dash.Example.COM', 'https://dash.example.com', true],
    ['https://dash.example.com', 'https://dash.example.com.', false],
    ['https://dash.example.com.', 'https://dash.example.com.', true],
    // As some programs send it.
    ['https://dash.example.com', 'https://dash.example.com:443', true],
    ['https://dash.example.com:8443', 'https://dash.example.com:8443', true],
    ['https://dash.example.com', 'http://dash.example.com', false],
    ['http://dash.example.com', 'http://dash.example.com:443', false],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example', true],
    ['http://my_host:3000', 'http://my_host:3000', true],
    ['http://10.0.0.5:3000', 'http://10.0.0.5:3000', true],
    ['http://[::1]:5173', 'http://[::1]:5173', true],
    ['http://[::1]:5173', 'http://[::1]:5174', false],
  ])('%s stands for %s: %s', (entry, origin, expected) => {
    expect(verdict(entry, origin)).toBe(expected);
  });

  it.each([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://a.example.com.evil.example', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com:8443', 'https://a.example.com', false],
    ['https://*.example.com', 'https://evil.example/.example.com', false],
    ['https://*.example.com', 'https://a.example.com, https://evil.example', false],
    ['https://*.example.com', 'null', false],
    ['https://*.xn--bcher-kva.example', 'https://a.xn--bcher-kva.example', true],
  ])('with labels of any kind before its domain, %s, stands for %s: %s', (entry, origin, expected) => {
    expect(verdict(entry, origin)).toBe(expected);
  });

  it('with a * stands for every name below its domain, at its port only, and never for the domain', () => {
    fc.assert(
      fc.property(
        domain,
        fc.array(label, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 65_535 }).filter((port) => port !== 443),
        (base, labels, port) => {
          const below = `https://${labels.join('.')}.${base}`;
          expect(verdict(`https://*.${base}`, below)).toBe(true);
          expect(verdict(`https://*.${base}`, `${below}:${port}`)).toBe(false);
          expect(verdict(`https://*.${base}:${port}`, `${below}:${port}`)).toBe(true);
          expect(verdict(`https://*.${base}`, `https://${base}`)).toBe(false);
          expect(verdict(`https://*.${base}`, `https://${labels.join('')}${base}`)).toBe(false);
        },
      ),
    );
  });

  it.each([
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['capacitor://localhost', 'ionic://localhost', false],
    ['capacitor://localhost', 'http://localhost', false],
    ['ionic://localhost', 'ionic://localhost', true],
    ['tauri://localhost', 'tauri://localhost', true],
    ['app://obsidian.md', 'app://obsidian.md', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://ponmlkjihgfedcba', false],
    [
      'moz-extension://0f6b7a2e-5b7d-4f5a-9d3a-1c2b3a4d5e6f',
      'moz-extension://0f6b7a2e-5b7d-4f5a-9d3a-1c2b3a4d5e6f',
      true,
    ],
    ['vscode-webview://1a2b3c', 'vscode-webview://1a2b3c', true],
  ])('of an app, %s, stands for %s: %s', (entry, origin, expected) => {
    expect(verdict(entry, origin)).toBe(expected);
  });

  it.each([
    ['dash.example.com', 'has no scheme'],
    ['*.example.com', 'has no scheme'],
    ['null', 'has no scheme'],
    ['', 'has no scheme'],
    ['https://', 'has no scheme'],
    ['capacitor://', 'has no scheme'],
    ['"https://dash.example.com"', 'has no scheme'],
    ['https://dash.example.com/', 'more than scheme'],
    ['https://dash.example.com/app', 'more than scheme'],
    ['https://user@dash.example.com', 'more than scheme'],
    ['capacitor://localhost/app', 'more than scheme'],
    ['https://dash.example.com;https://b.example.com', 'more than scheme'],
    ['https://dash.example.com:443', 'that is https://dash.example.com'],
    ['https://*.example.com:443', 'that is https://*.example.com'],
    ['http://127.1', 'that is http://127.0.0.1'],
    ['http://[0:0:0:0:0:0:0:1]:3000', 'that is http://[::1]:3000'],
    ['https://bücher.example', 'that is https://xn--bcher-kva.example'],
    ['https://dash.example.com:99999', 'is not an origin'],
    ['https://a.example b.example', 'is not an origin'],
    ['https://dash.example.com:0', 'the port 0'],
    ['https://a..example.com', 'no name and no address'],
    ['https://a;b.example.com', 'no name and no address'],
    ["https://'self'", 'no name and no address'],
    ['https://*.com', 'two labels'],
    ['https://*.com.', 'two labels'],
    ['http://*.localhost', 'two labels'],
    ['https://*', 'a * that is not the first label'],
    ['https://*.*.example.com', 'a * that is not the first label'],
    ['https://dash.*.com', 'a * that is not the first label'],
    ['https://*dash.example.com', 'a * that is not the first label'],
    ['https://dash.example.com:*', 'a * that is not the first label'],
    ['https://*.10.0.0.5', 'before an address'],
    ['file:///x', 'send null'],
    ['wss://dash.example.com', 'the https: origin of the page'],
    ['ws://dash.example.com', 'the http: origin of the page'],
    ['ftp://dash.example.com', 'no page at all'],
  ])('that can match nothing, %j, is told why', (entry, why) => {
    expect(readOriginPattern(entry)).toContain(why);
  });

  it('that is taken matches the origin that it spells', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('http', 'https', 'capacitor', 'chrome-extension'),
        fc.oneof(
          label,
          domain,
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        fc.oneof(
          fc.constant(''),
          fc.integer({ min: 0, max: 70_000 }).map((port) => `:${port}`),
        ),
        (scheme, host, port) => {
          const entry = `${scheme}://${host}${port}`;
          expect([true, expect.any(String)]).toContainEqual(verdict(entry, entry));
        },
      ),
    );
  });
});

describe('An entry of ALLOW_FRAMES', () => {
  it.each([
    'https://portal.example.com',
    'https://*.example.com:8443',
    'http://localhost:8080',
    'http://10.0.0.5',
    'chrome-extension://abcdefghijklmnop',
  ])('may be %s', (entry) => {
    expect(frameFault(entry)).toBe(undefined);
  });

  it.each([
    ['*', 'every page'],
    ["'self'", 'has no scheme'],
    ['https:', 'has no scheme'],
    ['portal.example.com', 'has no scheme'],
    ['https://portal.example.com/', 'more than scheme'],
    ['https://portal.example.com;script-src', 'no name and no address'],
    ["https://portal.example.com 'unsafe-inline'", 'is not an origin'],
    ['https://*.com', 'two labels'],
    // Browsers leave such a source out of the policy.
    ['http://[::1]:8080', 'browsers cannot compare with'],
    ['https://my_portal.example.com', 'browsers cannot compare with'],
  ])('%j is refused', (entry, why) => {
    expect(frameFault(entry)).toContain(why);
  });
});
