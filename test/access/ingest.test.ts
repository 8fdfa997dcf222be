import { describe, expect, it } from 'vitest';
import type { AuthRefusal, Grant } from '../../src/access/gate.ts';
import { createGuard } from '../../src/access/guard.ts';
import { createIngestEntrance } from '../../src/access/ingest.ts';
import { gateTo } from '../http/http-set-up.ts';
import { originsFor } from '../support/origins.ts';
import { setUpRefusals } from '../support/refusals.ts';

const token = { ok: true, authenticated: true, subject: 'ann', expiresAt: 99, place: 'header' } as const;
const nobody = { ok: true, authenticated: false, role: undefined } as const;

async function enter(
  grant: Grant | AuthRefusal,
  { authEnabled = true, allowIngest = false, headers = {} } = {},
) {
  const { meter, refusals } = setUpRefusals();
  const origins = originsFor();
  const guard = createGuard({ gate: gateTo(grant), origins, refusals });
  const entrance = createIngestEntrance('diagnostics', { guard, authEnabled, allowIngest, origins });
  const entry = await entrance({ headers, url: '/' });
  const reason = entry.ok ? '' : entry.code.toLowerCase();
  expect(meter.value('bff_rejected_total', { edge: 'auth', reason })).toBe(entry.ok ? 0 : 1);
  return entry;
}

describe('Entrance for events', () => {
  it.each(['operator', 'agent'] as const)('lets in the role %s', async (role) => {
    for (const allowIngest of [true, false]) {
      expect(await enter({ ...token, role }, { allowIngest })).toEqual({ ok: true });
    }
  });

  it.each(['viewer', undefined] as const)('refuses the role %s, whatever ALLOW_INGEST says', async (role) => {
    for (const allowIngest of [true, false]) {
      expect(await enter({ ...token, role }, { allowIngest })).toMatchObject({
        ok: false,
        code: 'FORBIDDEN_ROLE',
      });
    }
  });

  it('wants a token where auth is on, also where none is needed to look', async () => {
    for (const allowIngest of [true, false]) {
      expect(await enter(nobody, { allowIngest })).toMatchObject({
        ok: false,
        code: 'UNAUTHENTICATED',
        challenge: 'Bearer',
      });
    }
  });

  it('goes by ALLOW_INGEST without auth', async () => {
    expect(await enter(nobody, { authEnabled: false })).toMatchObject({ ok: false, code: 'INGEST_DISABLED' });
    expect(await enter(nobody, { authEnabled: false, allowIngest: true })).toEqual({ ok: true });
  });

  it('passes a refusal on as it is', async () => {
    const refusal = { ok: false, code: 'AUTH_UNAVAILABLE', detail: 'why', retryAfterS: 5 } as const;
    expect(await enter(refusal)).toBe(refusal);
  });

  it.each([
    [{ origin: 'https://evil.example', host: 'gateway:3000' }, 'ORIGIN_REFUSED'],
    [{ origin: 'http://evil.example:3000', host: 'evil.example:3000' }, 'ORIGIN_REFUSED'],
    [{ origin: 'http://localhost:3000', host: 'localhost:3000' }, undefined],
    [{ host: 'gateway:3000' }, undefined],
  ])('without auth, of a request with %j: %s', async (headers, code) => {
    const entry = await enter(nobody, { authEnabled: false, allowIngest: true, headers });
    expect(entry.ok ? undefined : entry.code).toBe(code);
  });
});
