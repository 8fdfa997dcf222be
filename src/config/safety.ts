import { Verifier, type VerifierOptions } from '../access/verifier.ts';
import { errorMessage } from '../core/errors.ts';
import type { CoreSettings } from './core-settings.ts';

const keySettings = ['AUTH_JWT_SECRET', 'AUTH_PUBLIC_KEY', 'AUTH_JWKS_URL'] as const;

export function authEnabled(settings: CoreSettings): boolean {
  return keySettings.some((name) => settings[name] !== undefined);
}

function verifierOptions(settings: CoreSettings): VerifierOptions {
  return {
    secret: settings.AUTH_JWT_SECRET,
    publicKey: settings.AUTH_PUBLIC_KEY,
    jwksUrl: settings.AUTH_JWKS_URL,
    issuer: settings.AUTH_ISSUER,
    audience: settings.AUTH_AUDIENCE,
  };
}

/** Undefined: no auth is configured. */
export function verifierFor(settings: CoreSettings): Verifier | undefined {
  return authEnabled(settings) ? new Verifier(verifierOptions(settings)) : undefined;
}

/** Faults of core settings that are each valid, but not together. */
export function combinationFaults(settings: CoreSettings): string[] {
  const faults: string[] = [];
  const { PORT, EXTRA_PORTS, OPS_PORT, OPS_HOST } = settings;
  const twice = [PORT, ...EXTRA_PORTS].find((port, index, all) => port !== 0 && all.indexOf(port) !== index);
  if (twice !== undefined) faults.push(`EXTRA_PORTS: ${twice} is listened on already – name each port once`);
  if (OPS_PORT !== undefined && OPS_PORT !== 0 && [PORT, ...EXTRA_PORTS].includes(OPS_PORT)) {
    faults.push(`OPS_PORT: ${OPS_PORT} is listened on already – name a port of its own`);
  }
  if (OPS_PORT === undefined && OPS_HOST !== undefined) {
    faults.push('OPS_HOST: has no effect without OPS_PORT');
  }
  const keys = keySettings.filter((name) => settings[name] !== undefined);
  if (keys.length > 1) faults.push(`${keys.join(', ')}: only one of them may be set`);
  if (keys.length === 1) faults.push(...keyFaults(settings));
  if (keys.length === 0) {
    for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_DEFAULT_ROLE', 'METRICS_AUTH'] as const) {
      if (settings[name] === undefined || settings[name] === false) continue;
      faults.push(`${name}: has no effect without one of ${keySettings.join(', ')}`);
    }
  }
  return faults;
}

function keyFaults(settings: CoreSettings): string[] {
  try {
    new Verifier(verifierOptions(settings));
    return [];
  } catch (error) {
    return [errorMessage(error)];
  }
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
