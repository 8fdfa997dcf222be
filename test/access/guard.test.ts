import { describe, expect, it } from 'vitest';
import type { Gate, TokenGrant } from '../../src/access/gate.ts';
import { createGuard } from '../../src/access/guard.ts';
import { gateTo } from '../http/http-set-up.ts';
import { originsFor } from '../support/origins.ts';
import { setUpRefusals } from '../support/refusals.ts';

const grant = { ok: true, authenticated: true, role: 'viewer', subject: 's', expiresAt: 1 } as const;

function setUp(
  answer: Awaited<ReturnType<Gate['authenticate']>>,
  allowedOrigins: '*' | readonly string[] = '*',
) {
  const { meter, refusals } = setUpRefusals();
  const asked: string[] = [];
  const gate = gateTo(answer, (dialect) => asked.push(dialect));
  const guard = createGuard({ gate, origins: originsFor(allowedOrigins), refusals });
  const ask = (headers: Record<string, string> = {}) => guard('telemetry', { headers, url: '/' });
  const counted = (reason: string) => meter.value('bff_rejected_total', { edge: 'auth', reason });
  return { ask, guard, asked, counted };
}

const by = (place: TokenGrant['place']): TokenGrant => ({ ...grant, place });

describe('Guard', () => {
  it('passes on what the gate says of the dialect', async () => {
    const anonymous = { ok: true, authenticated: false, role: undefined } as const;
    const { ask, asked } = setUp(anonymous);
    expect(await ask()).toBe(anonymous);
    expect(asked).toEqual(['telemetry']);
  });

  it.each(['UNAUTHENTICATED', 'FORBIDDEN_ROLE', 'AUTH_UNAVAILABLE'] as const)(
    'counts a refusal by its code: %s',
    async (code) => {
      const refusal = { ok: false, code, detail: 'why', challenge: 'Bearer', retryAfterS: 5 } as const;
      const { ask, counted } = setUp(refusal);
      expect(await ask()).toEqual(refusal);
      expect(counted(code.toLowerCase())).toBe(1);
    },
  );

  it.each(['header', 'subprotocol', 'query'] as const)(
    'asks for no page where the token came by %s',
    async (place) => {
      const { ask } = setUp(by(place), ['https://dash.example']);
      expect(await ask({ origin: 'https://evil.example', host: 'gateway' })).toMatchObject({ ok: true });
    },
  );

  it.each<[string, '*' | readonly string[], Record<string, string>, boolean]>([
    ['a listed page', ['https://dash.example'], { origin: 'https://dash.example', host: 'gateway' }, true],
    [
      'a page that is not listed',
      ['https://dash.example'],
      { origin: 'https://evil.example', host: 'gateway' },
      false,
    ],
    ['a page of the same host', '*', { origin: 'http://gateway:3000', host: 'gateway:3000' }, true],
    [
      'a page of another host, without a list',
      '*',
      { origin: 'https://evil.example', host: 'gateway' },
      false,
    ],
    ['nobody known', '*', { host: 'gateway' }, false],
    ['the page itself, by a plain GET', '*', { host: 'gateway', 'sec-fetch-site': 'same-origin' }, true],
    ['an opaque origin', '*', { origin: 'null', host: 'gateway' }, false],
  ])('lets a cookie be used by %s: as stated', async (_who, allowed, headers, ok) => {
    const { ask, guard, counted } = setUp(by('cookie'), allowed);
    expect((await ask(headers)).ok).toBe(ok);
    // Fetch's Headers say the same.
    expect((await guard('telemetry', { headers: new Headers(headers), url: '/' })).ok).toBe(ok);
    expect(counted('origin_refused')).toBe(ok ? 0 : 2);
  });
});

describe('Guard with a rule', () => {
  const refusal = { ok: false, code: 'FORBIDDEN_ROLE', detail: 'not you' } as const;

  it('counts whom the rule refuses, once, and lets in the others', async () => {
    const { guard, counted } = setUp(by('header'));
    const request = { headers: {}, url: '/' };
    expect(await guard('telemetry', request, ({ role }) => (role === 'viewer' ? refusal : undefined))).toBe(
      refusal,
    );
    expect(counted('forbidden_role')).toBe(1);
    expect(await guard('telemetry', request, () => undefined)).toMatchObject({ ok: true });
    expect(counted('forbidden_role')).toBe(1);
  });

  it('asks it only about those whom nothing else is against', async () => {
    const asked: unknown[] = [];
    const { guard } = setUp(by('cookie'));
    const request = { headers: { origin: 'https://evil.example', host: 'gateway' }, url: '/' };
    expect(await guard('telemetry', request, (grant) => void asked.push(grant))).toMatchObject({
      code: 'ORIGIN_REFUSED',
    });
    expect(asked).toEqual([]);
  });
});
