import { describe, expect, it } from 'vitest';
import { createEntrance } from '../../src/access/entrance.ts';
import type { AuthRefusal, Grant } from '../../src/access/gate.ts';
import { createGuard } from '../../src/access/guard.ts';
import { gateTo } from '../http/http-set-up.ts';
import { originsFor } from '../support/origins.ts';
import { setUpRefusals } from '../support/refusals.ts';

const token = {
  ok: true,
  authenticated: true,
  role: 'viewer',
  subject: 'ann',
  expiresAt: 99,
  place: 'header',
} as const;
const nobody = { ok: true, authenticated: false, role: undefined } as const;

async function enter(
  grant: Grant | AuthRefusal,
  { authEnabled = true, allowCommands = false, headers = {} } = {},
) {
  const asked: string[] = [];
  const { meter, refusals, visitors } = setUpRefusals();
  const gate = gateTo(grant, (dialect) => asked.push(dialect));
  const guard = createGuard({ gate, origins: originsFor(), refusals });
  const entrance = createEntrance('telemetry', {
    guard,
    authEnabled,
    allowCommands,
    origins: originsFor(),
    visitors,
  });
  const entry = await entrance({ headers, url: '/' });
  expect(asked).toEqual(['telemetry']);
  const reason = entry.ok ? '' : entry.code.toLowerCase();
  expect(meter.value('bff_rejected_total', { edge: 'auth', reason })).toBe(entry.ok ? 0 : 1);
  return entry;
}

describe('Entrance to the telemetry dialect', () => {
  it.each([
    ['viewer', 'viewer', false],
    ['operator', 'operator', true],
    [undefined, 'viewer', false],
  ] as const)('lets in a token with the role %s as %s, commands: %s', async (role, shown, commands) => {
    for (const allowCommands of [true, false]) {
      expect(await enter({ ...token, role }, { allowCommands })).toMatchObject({
        ok: true,
        permission: {
          role: shown,
          anonymous: false,
          commands,
          refusal: 'FORBIDDEN',
          isOperator: commands,
          holder: 'subject ann',
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

  it('gives no commands to a page from elsewhere that needs no token, and says why', async () => {
    const open = { authEnabled: false, allowCommands: true };
    const host = 'gateway.example.com';
    const elsewhere = { host, origin: 'https://evil.example' };
    expect(await enter(nobody, { ...open, headers: elsewhere })).toMatchObject({
      ok: true,
      permission: { commands: false, refusal: 'ORIGIN_REFUSED' },
    });
    const own = { host: '10.0.0.5', origin: 'https://10.0.0.5' };
    expect(await enter(nobody, { ...open, headers: own })).toMatchObject({ permission: { commands: true } });
  });

  it('passes a refusal on as it is', async () => {
    const refusal = { ok: false, code: 'UNAUTHENTICATED', detail: 'why', challenge: 'Bearer' } as const;
    expect(await enter(refusal)).toBe(refusal);
  });
});
