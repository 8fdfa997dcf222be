import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDialects, warnOfOpenDoor, warnOfOpenFiles } from '../../src/cli/start-warnings.ts';
import type { Environment } from '../../src/config/environment.ts';
import { loadSettings } from '../../src/settings.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { testSecret } from '../support/tokens.ts';

function warningsOf(warn: typeof warnOfOpenDoor, env: Environment) {
  const log = createMemoryLog();
  warn(loadSettings({ env }), log);
  return log.entries;
}

const auth = { AUTH_JWT_SECRET: testSecret };

describe('The warning of an open door', () => {
  it.each<Record<string, string>>([
    {},
    { HOST: '::' },
    { HOST: '10.0.0.5' },
    { ALLOWED_ORIGINS: 'https://a.example' },
  ])('comes once without auth where other machines reach the port: %o', (env) => {
    const [warning, ...others] = warningsOf(warnOfOpenDoor, env);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ level: 'warn', message: 'whoever reaches the port can read' });
    expect(warning?.fields).toMatchObject({
      HOST: env.HOST ?? '0.0.0.0',
      dialects: loadSettings({ env: {} }).DIALECTS,
      hint: expect.stringMatching(
        /AUTH_JWT_SECRET.*AUTH_PUBLIC_KEY.*AUTH_JWKS_URL.*HOST=127\.0\.0\.1.*ALLOWED_ORIGINS/,
      ),
    });
  });

  it('names the dialects that demand no token though auth is on', () => {
    const env = { ...auth, DIALECTS: 'telemetry,streams', AUTH_DIALECTS: 'telemetry' };
    expect(warningsOf(warnOfOpenDoor, env)).toMatchObject([
      { fields: { dialects: ['streams'], hint: expect.stringContaining('add them to AUTH_DIALECTS') } },
    ]);
  });

  it.each<Record<string, string>>([
    { HOST: '127.0.0.1' },
    { HOST: '::1' },
    { HOST: 'localhost' },
    auth,
    { ...auth, DIALECTS: 'telemetry', AUTH_DIALECTS: 'telemetry' },
  ])('does not come on loopback, nor with auth for all: %o', (env) => {
    expect(warningsOf(warnOfOpenDoor, env)).toEqual([]);
    expect(openDialects(loadSettings({ env }))).toEqual([]);
  });
});

describe('The warning of the open-file limit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const limitsFile = join(folder, 'limits');
  writeFileSync(limitsFile, 'Max open files            1024                 524288               files');
  const warnings = (env: Environment) =>
    warningsOf((settings, log) => warnOfOpenFiles(settings, log, limitsFile), env);

  it('gives the number for ulimit, and the one for MAX_CONNECTIONS, with which it does not come again', () => {
    expect(warnings({ MAX_CONNECTIONS: '5000' })).toEqual([
      {
        level: 'warn',
        message: 'connections bounded by the open-file limit',
        fields: {
          MAX_CONNECTIONS: 5000,
          possible: 824,
          hint: 'for all: ulimit -n 5200 before the start (systemd: LimitNOFILE, compose: ulimits); else MAX_CONNECTIONS=824 is what there is',
        },
      },
    ]);
    expect(warnings({ MAX_CONNECTIONS: '824' })).toEqual([]);
    const withAuth = warnings({ MAX_CONNECTIONS: '5000', ...auth });
    expect(withAuth[0]?.fields).toMatchObject({ possible: 815, hint: expect.stringContaining('-n 5251 ') });
    expect(warnings({ MAX_CONNECTIONS: '815', ...auth })).toEqual([]);
  });

  it('gives no number where none was asked for', () => {
    const [warning] = warnings({ MAX_CONNECTIONS: '0' });
    expect(warning?.fields).toMatchObject({ hint: expect.stringMatching(/^for more: ulimit -n before/) });
  });
});
