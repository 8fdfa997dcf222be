import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { type Clock, settledWithin } from '../core/clock.ts';
import { fetchFault, fetchKeySet } from './key-set-fetch.ts';

export interface KeySetTiming {
  /** One fetch, in milliseconds. */
  readonly timeoutMs: number;
  /** Keys older than this are fetched again before use, so that one that was withdrawn is soon refused. */
  readonly maxAgeMs: number;
  /** While that fails or takes long, keys up to this age still serve, so that a short outage locks nobody out. */
  readonly staleMs: number;
  /** How long a token waits for a fetch while older keys may serve. */
  readonly patienceMs: number;
  /** Least time from one good fetch to the next that a key not known asks for: anybody can name one. */
  readonly cooldownMs: number;
  /** Least time from a failed fetch to the next. */
  readonly retryMs: number;
}

const keySetTimingDefaults: KeySetTiming = {
  timeoutMs: 3000,
  maxAgeMs: 600_000,
  staleMs: 3_600_000,
  patienceMs: 250,
  cooldownMs: 10_000,
  retryMs: 1000,
};

/** The issuer's keys cannot be fetched, which says nothing about the token. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable';
}

/**
 * The keys an issuer publishes, fetched when a token first asks for one. jose fetches and picks; when to fetch is
 * decided here, since jose measures by the system's clock, forgets its keys when they are old, and asks without
 * pause while the issuer is down.
 */
export function createKeySet(url: URL, clock: Clock, timing: Partial<KeySetTiming> = {}): JWTVerifyGetKey {
  const { timeoutMs, maxAgeMs, staleMs, patienceMs, cooldownMs, retryMs } = {
    ...keySetTimingDefaults,
    ...timing,
  };
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    [customFetch]: fetchKeySet,
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failed: { readonly at: number; readonly error: KeySetUnavailable } | undefined;
  const age = (): number => clock.monotonic() - fetchedAt;

  /** Calls at the same time share one fetch. */
  const load = async (): Promise<void> => {
    if (failed !== undefined && clock.monotonic() - failed.at < retryMs) throw failed.error;
    try {
      await remote.reload();
      fetchedAt = clock.monotonic();
      failed = undefined;
    } catch (cause) {
      const error = new KeySetUnavailable(`the keys of the issuer cannot be fetched: ${fetchFault(cause)}`);
      failed = { at: clock.monotonic(), error };
      throw error;
    }
  };

  const refresh = async (): Promise<void> => {
    if (age() < maxAgeMs) return;
    const loaded = load();
    if (age() < staleMs) await settledWithin(patienceMs, loaded, clock);
    else await loaded;
  };

  return async (header, token) => {
    await refresh();
    try {
      return await remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < cooldownMs) throw error;
      await load();
      return await remote(header, token);
    }
  };
}
