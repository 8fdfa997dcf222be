import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { authEnabled } from '../../src/config/safety.ts';
import { loadSettings } from '../../src/settings.ts';

const secret = 'a secret of more than thirty-two bytes';

function faultsOf(env: Record<string, string>): string {
  try {
    loadSettings({ env });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('Settings together', () => {
  it('turn auth on with any one key', () => {
    expect(authEnabled(loadSettings({ env: {} }))).toBe(false);
    expect(authEnabled(loadSettings({ env: { AUTH_JWT_SECRET: secret } }))).toBe(true);
    expect(authEnabled(loadSettings({ env: { AUTH_JWKS_URL: 'https://login.example.com/jwks' } }))).toBe(
      true,
    );
  });

  it('allow one kind of key only', () => {
    const faults = faultsOf({ AUTH_JWT_SECRET: secret, AUTH_JWKS_URL: 'https://login.example.com/jwks' });
    expect(faults).toContain('AUTH_JWT_SECRET, AUTH_JWKS_URL: only one of them may be set');
  });

  it.each([
    ['3000', '4000,3000', 3000],
    ['3000', '4000,4000', 4000],
  ])('refuse a port that is named twice: PORT=%s, EXTRA_PORTS=%s', (port, extra, twice) => {
    expect(faultsOf({ PORT: port, EXTRA_PORTS: extra })).toContain(
      `EXTRA_PORTS: ${twice} is listened on already`,
    );
    expect(faultsOf({ PORT: '0', EXTRA_PORTS: '4000,4001' })).toBe('');
  });

  it.each([
    ['AUTH_ISSUER', 'https://login.example.com'],
    ['AUTH_AUDIENCE', 'dashboards'],
    ['AUTH_DEFAULT_ROLE', 'operator'],
    ['METRICS_AUTH', 'true'],
  ])('refuse %s where no key gives it an effect', (name, value) => {
    expect(faultsOf({ [name]: value })).toContain(`${name}: has no effect without one of AUTH_JWT_SECRET`);
    expect(faultsOf({ [name]: value, AUTH_JWT_SECRET: secret })).toBe('');
  });

  it('refuse a key that is no key, without printing it', () => {
    const short = faultsOf({ AUTH_JWT_SECRET: 'hunter2' });
    expect(short).toContain('AUTH_JWT_SECRET');
    expect(short).not.toContain('hunter2');
    expect(faultsOf({ AUTH_PUBLIC_KEY: 'not a key' })).toContain('AUTH_PUBLIC_KEY');
  });

  it('refuse commands for everyone that any web page could send', () => {
    expect(faultsOf({ ALLOW_COMMANDS: 'true' })).toContain('ALLOW_COMMANDS: without auth any web page');
    expect(faultsOf({ ALLOW_COMMANDS: 'true', ALLOWED_ORIGINS: '*' })).toContain('ALLOW_COMMANDS');
    expect(faultsOf({ ALLOW_COMMANDS: 'true', HOST: '0.0.0.0' })).toContain('ALLOW_COMMANDS');
  });

  it.each<Record<string, string>>([
    { HOST: '127.0.0.1' },
    { HOST: '::1' },
    { HOST: 'localhost' },
    { ALLOWED_ORIGINS: 'https://dash.example.com' },
    { AUTH_JWT_SECRET: secret },
  ])('allow them with %o', (env) => {
    expect(faultsOf({ ALLOW_COMMANDS: 'true', ...env })).toBe('');
  });
});
