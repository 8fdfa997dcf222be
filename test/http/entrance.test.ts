import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/auth/gate.ts';
import { createEntrance } from '../../src/http/entrance.ts';
import type { Refusal } from '../../src/http/guard.ts';

const token = {
  ok: true,
  authenticated: true,
  role: 'viewer',
  subject: 'ann',
  expiresAt: 99,
  place: 'header',
} as const;
const nobody = { ok: true, authenticated: false, role: undefined } as const;

async function enter(grant: Grant | Refusal, { authEnabled = true, allowCommands = false } = {}) {
  const asked: string[] = [];
  const guard = async (dialect: string) => {
    asked.push(dialect);
    return grant;
  };
  const entrance = createEntrance('telemetry', { guard, authEnabled, allowCommands });
  const entry = await entrance({ headers: {}, url: '/' });
  expect(asked).toEqual(['telemetry']);
  return entry;
}

describe('Entrance to the telemetry dialect', () => {
  it.each([
    ['viewer', 'viewer', false],
    ['operator', 'operator', true],
    [undefined, 'viewer', false],
  ] as const)('lets in a token with the role %s as %s, commands: %s', async (role, shown, commands) => {
    for (const allowCommands of [true, false]) {
      expect(await enter({ ...token, role }, { allowCommands })).toEqual({
        ok: true,
        permission: {
          role: shown,
          anonymous: false,
          commands,
          refusal: 'FORBIDDEN',
          subject: 'ann',
          expiresAt: 99,
        },
      });
    }
  });

  it('lets no agent watch', async () => {
    expect(await enter({ ...token, role: 'agent' })).toMatchObject({ ok: false, code: 'FORBIDDEN_ROLE' });
  });

  it.each([
    [true, true, false, 'FORBIDDEN'],
    [true, false, false, 'FORBIDDEN'],
    [false, false, false, 'COMMANDS_DISABLED'],
    [false, true, true, 'COMMANDS_DISABLED'],
  ] as const)(
    'gives nobody commands but by ALLOW_COMMANDS without auth: auth %s, allowed %s',
    async (authEnabled, allowCommands, commands, refusal) => {
      expect(await enter(nobody, { authEnabled, allowCommands })).toMatchObject({
        ok: true,
        permission: { role: 'viewer', anonymous: true, commands, refusal, expiresAt: undefined },
      });
    },
  );

  it('passes a refusal on as it is', async () => {
    const refusal = { ok: false, code: 'UNAUTHENTICATED', challenge: 'Bearer' } as const;
    expect(await enter(refusal)).toBe(refusal);
  });
});
