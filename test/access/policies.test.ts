import { describe, expect, it } from 'vitest';
import type { AccessOptions } from '../../src/access/access.ts';
import { type Policies, type Policy, refusal } from '../../src/access/policy.ts';
import { Refusal } from '../../src/core/errors.ts';
import { incoming, setUpAccess, verifierOf } from '../support/access.ts';

/** Whose request: of a token with this role, of a token without one, or without a token. */
type Who = 'viewer' | 'operator' | 'agent' | 'no role' | 'nobody';

interface Scene extends Partial<AccessOptions> {
  readonly authEnabled?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a policy about somebody; of who is let in, what each further policy has against it. */
async function enter(
  policyOf: (policies: Policies) => Policy,
  who: Who,
  { authEnabled = true, headers = {}, ...options }: Scene = {},
) {
  const role = who === 'no role' ? undefined : who;
  const verifier = authEnabled ? verifierOf({ subject: 'ann', role }) : undefined;
  const { access, counted } = setUpAccess({ ...options, verifier });
  const authorization = who === 'nobody' ? {} : { authorization: 'Bearer x' };
  const request = incoming({ ...authorization, ...headers });
  const verdict = await access.authorise(request, policyOf(access.policies));
  if (verdict instanceof Refusal) {
    expect(counted(verdict.code)).toBe(1);
    return { code: verdict.code, detail: verdict.detail, challenge: verdict.challenge };
  }
  const against = (policy: Policy) => refusal(verdict, policy)?.code;
  const { commanding, forwarding, operating } = access.policies;
  return {
    principal: verdict,
    commands: against(commanding),
    forwards: against(forwarding),
    operates: against(operating),
  };
}

const viewing = (policies: Policies) => policies.viewing('telemetry');
const evil = { host: 'gateway.example.com', origin: 'https://evil.example' };

describe('The policy for viewing', () => {
  it.each([
    ['viewer', 'viewer', 'FORBIDDEN'],
    ['operator', 'operator', undefined],
    ['no role', 'viewer', 'FORBIDDEN'],
  ] as const)('lets in a token with %s as %s, commands: %s', async (who, role, commands) => {
    for (const allowCommands of [true, false]) {
      const entry = await enter(viewing, who, { allowCommands, demanding: ['telemetry'] });
      expect(entry).toMatchObject({
        principal: {
          ...{ role, anonymous: false, isOperator: role === 'operator' },
          ...{ holder: 'subject ann', subject: 'ann', expiresAt: 99 },
        },
      });
      expect(entry.commands).toBe(commands);
    }
  });

  it('lets no agent watch', async () => {
    expect(await enter(viewing, 'agent')).toMatchObject({
      code: 'FORBIDDEN_ROLE',
      detail: 'the role agent is not let in here',
    });
  });

  it.each([
    [['telemetry'], 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    [['control'], undefined, 'UNAUTHENTICATED'],
    [[], undefined, undefined],
  ])('demands a token where AUTH_DIALECTS does: %j', async (demanding, dialect, anything) => {
    expect((await enter(viewing, 'nobody', { demanding })).code).toBe(dialect);
    const wanted = await enter((policies) => policies.viewingAnything, 'nobody', { demanding });
    expect(wanted.code).toBe(anything);
    // Without auth there are no tokens to be demanded.
    expect(await enter(viewing, 'nobody', { demanding, authEnabled: false })).toHaveProperty('principal');
  });
});

describe('The policies for commands and for what is forwarded', () => {
  it.each([
    [true, true, 'FORBIDDEN', 'FORBIDDEN_ROLE'],
    [true, false, 'FORBIDDEN', 'FORBIDDEN_ROLE'],
    [false, false, 'COMMANDS_DISABLED', 'FORBIDDEN_ROLE'],
    [false, true, undefined, undefined],
  ] as const)(
    'give nobody anything but by ALLOW_COMMANDS without auth: auth %s, allowed %s',
    async (authEnabled, allowCommands, commands, forwards) => {
      const entry = await enter(viewing, 'nobody', { authEnabled, allowCommands });
      expect(entry).toMatchObject({ principal: { role: 'viewer', anonymous: true, expiresAt: undefined } });
      expect([entry.commands, entry.forwards]).toEqual([commands, forwards]);
    },
  );

  it.each([
    ['viewer', 'FORBIDDEN_ROLE'],
    ['operator', undefined],
  ] as const)('go by the role where there is a token: %s', async (who, forwards) => {
    expect((await enter(viewing, who)).forwards).toBe(forwards);
  });

  it('give nothing to a page from elsewhere that needs no token, and say why', async () => {
    const open = { authEnabled: false, allowCommands: true };
    expect(await enter(viewing, 'nobody', { ...open, headers: evil })).toMatchObject({
      commands: 'ORIGIN_REFUSED',
      forwards: 'ORIGIN_REFUSED',
    });
    const own = { host: '10.0.0.5', origin: 'https://10.0.0.5' };
    expect(await enter(viewing, 'nobody', { ...open, headers: own })).toMatchObject({
      commands: undefined,
      forwards: undefined,
    });
  });

  it('name the setting before the page', async () => {
    const entry = await enter(viewing, 'nobody', { authEnabled: false, headers: evil });
    expect([entry.commands, entry.forwards]).toEqual(['COMMANDS_DISABLED', 'FORBIDDEN_ROLE']);
  });

  it('ask no page of an operator’s token', async () => {
    const entry = await enter(viewing, 'operator', { headers: evil });
    expect([entry.commands, entry.forwards]).toEqual([undefined, undefined]);
  });
});

describe('The policy for bringing events in', () => {
  const ingesting = (policies: Policies) => policies.ingesting;

  it.each(['operator', 'agent'] as const)('lets in the role %s', async (who) => {
    for (const allowIngest of [true, false]) {
      expect(await enter(ingesting, who, { allowIngest })).toHaveProperty('principal');
    }
  });

  it.each(['viewer', 'no role'] as const)('refuses %s, whatever ALLOW_INGEST says', async (who) => {
    for (const allowIngest of [true, false]) {
      expect(await enter(ingesting, who, { allowIngest })).toMatchObject({
        code: 'FORBIDDEN_ROLE',
        detail: 'this needs the role operator or agent',
      });
    }
  });

  it('wants a token where auth is on, also where none is needed to look', async () => {
    for (const allowIngest of [true, false]) {
      expect(await enter(ingesting, 'nobody', { allowIngest })).toMatchObject({
        code: 'UNAUTHENTICATED',
        challenge: 'Bearer',
      });
    }
  });

  it('goes by ALLOW_INGEST without auth', async () => {
    const off = { authEnabled: false };
    expect(await enter(ingesting, 'nobody', off)).toMatchObject({ code: 'INGEST_DISABLED' });
    expect(await enter(ingesting, 'nobody', { ...off, headers: evil })).toMatchObject({
      code: 'INGEST_DISABLED',
    });
    expect(await enter(ingesting, 'nobody', { ...off, allowIngest: true })).toHaveProperty('principal');
  });

  it.each([
    [{ origin: 'https://evil.example', host: 'gateway:3000' }, 'ORIGIN_REFUSED'],
    [{ origin: 'http://evil.example:3000', host: 'evil.example:3000' }, 'ORIGIN_REFUSED'],
    [{ origin: 'http://localhost:3000', host: 'localhost:3000' }, undefined],
    [{ host: 'gateway:3000' }, undefined],
  ])('without auth, of a request with %j: %s', async (headers, code) => {
    const entry = await enter(ingesting, 'nobody', { authEnabled: false, allowIngest: true, headers });
    expect(entry.code).toBe(code);
  });
});

describe('The policy for knowing who else is there', () => {
  it.each([
    ['operator', undefined],
    ['viewer', 'FORBIDDEN_ROLE'],
    ['nobody', 'UNAUTHENTICATED'],
  ] as const)('goes by the role where there is auth: %s', async (who, code) => {
    expect((await enter(viewing, who)).operates).toBe(code);
  });

  /** Without auth, of one at this machine behind as many proxies. */
  const operates = async (headers: Readonly<Record<string, string>>, trustedProxies = 1) =>
    (await enter(viewing, 'nobody', { authEnabled: false, headers, trustedProxies })).operates;
  const here = { 'x-forwarded-for': '127.0.0.1', host: 'localhost:3000' };

  it('is for who sits at this machine where there is none', async () => {
    expect(await operates(here)).toBeUndefined();
    expect(await operates({ ...here, 'x-forwarded-for': '::1' })).toBeUndefined();
    expect(await operates({ ...here, 'x-forwarded-for': '192.0.2.7' })).toBe('FORBIDDEN_ROLE');
  });

  it('is for no page of elsewhere that is open there, nor for whom a proxy does not name', async () => {
    expect(await operates({ ...here, origin: 'https://evil.example' })).toBe('FORBIDDEN_ROLE');
    expect(await operates({ ...here, host: 'rebound.example' })).toBe('FORBIDDEN_ROLE');
    expect(await operates({ ...here, 'x-forwarded-for': 'unknown' })).toBe('FORBIDDEN_ROLE');
    expect(await operates(here, 0)).toBe('FORBIDDEN_ROLE');
  });
});

describe('The policy for figures', () => {
  it('lets in every token, and nobody without', async () => {
    const measuring = (policies: Policies) => policies.measuring;
    for (const who of ['viewer', 'operator', 'agent', 'no role'] as const) {
      expect(await enter(measuring, who)).toHaveProperty('principal');
    }
    expect(await enter(measuring, 'nobody')).toMatchObject({ code: 'UNAUTHENTICATED', challenge: 'Bearer' });
  });
});
