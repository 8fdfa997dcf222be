import { describe, expect, it } from 'vitest';
import { originsFor, pageRequest } from '../support/access.ts';

const behindProxy = { trustedProxies: 1 };

describe('Origins, the gateway’s own pages', () => {
  const origins = originsFor(['https://dash.example.com'], { hosts: ['telemetry.internal'] });

  it.each([
    // A proxy that ends TLS: with its port in Host, with ours, and with none.
    ['https://dash.example.com', 'dash.example.com', true],
    ['https://dash.example.com', 'dash.example.com:443', true],
    ['https://dash.example.com', 'dash.example.com:3000', true],
    ['https://telemetry.internal', 'telemetry.internal:3000', true],
    ['https://TELEMETRY.internal.', 'telemetry.internal', true],
    ['http://10.0.0.5:3000', '10.0.0.5:3000', true],
    ['http://10.0.0.5:8080', '10.0.0.5:3000', false],
    ['http://10.0.0.6:3000', '10.0.0.5:3000', false],
    ['http://[2001:db8::1]:3000', '[2001:db8::1]:3000', true],
    ['http://localhost:3000', 'localhost:3000', true],
    ['http://app.localhost:3000', 'app.localhost:3000', true],
    ['http://evil.example:3000', 'evil.example:3000', false],
    ['http://localhost.evil.example:3000', 'localhost.evil.example:3000', false],
    ['http://10.0.0.5.evil.example', '10.0.0.5.evil.example', false],
    ['null', 'telemetry.internal', false],
    ['file://', 'telemetry.internal', false],
    ['https://telemetry.internal', undefined, false],
    ['https://telemetry.internal', 'x@telemetry.internal', false],
    ['https://telemetry.internal', 'telemetry.internal/x', false],
  ])('a page of %s that asks %s reads and changes: %s', (origin, host, expected) => {
    const request = pageRequest({ origin, host });
    expect([origins.mayRead(request), origins.mayChange(request)]).toEqual([expected, expected]);
  });

  it('goes by the name that a trusted proxy was asked for, and by that of no other', () => {
    const request = pageRequest({
      origin: 'https://telemetry.internal',
      host: 'upstream:3000',
      'x-forwarded-host': 'evil.example, telemetry.internal',
    });
    expect(originsFor([], { hosts: ['telemetry.internal'] }).mayChange(request)).toBe(false);
    expect(originsFor([], { hosts: ['telemetry.internal'], ...behindProxy }).mayChange(request)).toBe(true);
  });
});

describe('Origins behind two proxies', () => {
  const two = originsFor([], { hosts: ['public.example'], trustedProxies: 2 });

  it.each([
    ['public.example, inner.internal', true],
    ['public.example', true],
    ['evil.example, public.example, inner.internal', true],
    ['public.example, evil.example, inner.internal', false],
  ])('is asked by the name that the outermost was asked: %s, %s', (forwarded, expected) => {
    const request = pageRequest({ host: 'upstream:3000', 'x-forwarded-host': forwarded });
    expect(two.allowsHost(request)).toBe(expected);
  });
});

describe('Origins, by which name the gateway may be asked', () => {
  it.each([
    ['evil.example:3000', false],
    ['localhost.evil.example', false],
    ['evil.example@localhost', false],
    ['localhost:3000', true],
    ['LOCALHOST', true],
    ['app.localhost:3000', true],
    ['127.0.0.1:3000', true],
    ['10.0.0.5', true],
    ['[::1]:3000', true],
    ['dash.example.com', true],
    ['a.apps.example.com', true],
    ['apps.example.com', false],
    ['telemetry', true],
    // HTTP/1.0 needs none.
    [undefined, true],
    ['', true],
  ])('on loopback: %s, %s', (host, expected) => {
    const origins = originsFor(['https://dash.example.com', 'https://*.apps.example.com'], {
      hosts: ['telemetry'],
      onLoopback: true,
    });
    expect(origins.allowsHost(pageRequest({ host }))).toBe(expected);
  });

  it('is anything where it listens everywhere and no names are set', () => {
    expect(originsFor().allowsHost(pageRequest({ host: 'evil.example' }))).toBe(true);
    expect(originsFor('*', { onLoopback: true }).allowsHost(pageRequest({ host: 'evil.example' }))).toBe(
      false,
    );
    expect(originsFor('*', { hosts: ['telemetry'] }).allowsHost(pageRequest({ host: 'evil.example' }))).toBe(
      false,
    );
  });
});
