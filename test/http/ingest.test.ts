import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/auth/gate.ts';
import type { Refusal } from '../../src/http/guard.ts';
import { createIngestEntrance } from '../../src/http/ingest.ts';

const token = { ok: true, authenticated: true, subject: 'ann', expiresAt: 99, place: 'header' } as const;
const nobody = { ok: true, authenticated: false, role: undefined } as const;

async function enter(grant: Grant | Refusal, { authEnabled = true, allowIngest = false } = {}) {
  const guard = async () => grant;
  const entrance = createIngestEntrance('diagnostics', { guard, authEnabled, allowIngest });
  return await entrance({ headers: {}, url: '/' });
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
    const refusal = { ok: false, code: 'AUTH_UNAVAILABLE', retryAfterS: 5 } as const;
    expect(await enter(refusal)).toBe(refusal);
  });
});
