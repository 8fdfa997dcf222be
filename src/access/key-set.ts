import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { type Clock, settledWithin } from '../core/clock.ts';
import { fetchFault, fetchKeySet } from './key-set-fetch.ts';

export interface KeySetTiming {
  /** One fetch, in milliseconds. */
  readonly timeoutMs: number;
  /** Keys older than this are fetched again before use, so that a revoked one is soon refused. */
  readonly maxAgeMs: number;
  /** While that fails or takes long, keys up to this age are still used: a short outage locks nobody out. */
  readonly staleMs: number;
  /** How long a token waits for a fetch while older keys may be used. */
  readonly patienceMs: number;
  /** Least time from a good fetch to the next for an unknown key: anybody can name one. */
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

/** The issuer's keys cannot be fetched: the token is neither valid nor invalid. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable';
}

/**
 * The keys an issuer publishes, fetched when a token first asks for one. jose fetches and picks; when to fetch is
 * decided here, since jose measures by the system's clock, forgets its keys when they are old, and asks without
 * pause while the issuer is down.
 */
export class KeySet {
  readonly #clock: Clock;
  readonly #timing: KeySetTiming;
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failed: { readonly at: number; readonly error: KeySetUnavailable } | undefined;

  constructor(url: URL, clock: Clock, timing: Partial<KeySetTiming> = {}) {
    this.#clock = clock;
    this.#timing = { ...keySetTimingDefaults, ...timing };
    this.#remote = createRemoteJWKSet(url, {
      timeoutDuration: this.#timing.timeoutMs,
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: Number.POSITIVE_INFINITY,
      [customFetch]: fetchKeySet,
    });
  }

  /** The key that a token was signed with. */
  async find(...signed: Parameters<JWTVerifyGetKey>) {
    await this.#refresh();
    try {
      return await this.#remote(...signed);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#age < this.#timing.cooldownMs) throw error;
      await this.#load();
      return await this.#remote(...signed);
    }
  }

  get #age(): number {
    return this.#clock.monotonic() - this.#fetchedAt;
  }

  async #refresh(): Promise<void> {
    const { maxAgeMs, staleMs, patienceMs } = this.#timing;
    if (this.#age < maxAgeMs) return;
    const loaded = this.#load();
    if (this.#age < staleMs) await settledWithin(patienceMs, loaded, this.#clock);
    else await loaded;
  }

  /** Calls at the same time share one fetch. */
  async #load(): Promise<void> {
    const failed = this.#failed;
    if (failed !== undefined && this.#clock.monotonic() - failed.at < this.#timing.retryMs)
      throw failed.error;
    try {
      await this.#remote.reload();
      this.#fetchedAt = this.#clock.monotonic();
      this.#failed = undefined;
    } catch (cause) {
      const error = new KeySetUnavailable(`the keys of the issuer cannot be fetched: ${fetchFault(cause)}`);
      this.#failed = { at: this.#clock.monotonic(), error };
      throw error;
    }
  }
}
