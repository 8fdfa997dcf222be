import type { Cancel, Clock } from '../core/clock.ts';
import { isJsonObject } from '../core/json.ts';
import type { Timing, TokenProvider } from './types.ts';

interface TokensOptions {
  readonly token: string | TokenProvider | undefined;
  readonly clock: Clock;
  readonly timing: Pick<Timing, 'tokenMarginMs' | 'connectMs'>;
  /** There is another token than the one that connections were opened with. */
  readonly onRenewed: () => void;
  readonly onFault: (error: unknown) => void;
}

/** Not sooner, whatever a token says: a provider that gives expired ones must not be asked without pause. */
const leastLifeMs = 1000;

export type Tokens = ReturnType<typeof createTokens>;

/** The token in use. A provider is asked for the first one, before it expires, and when it was refused. */
export function createTokens({
  token: provider,
  clock,
  timing: { tokenMarginMs, connectMs },
  onRenewed,
  onFault,
}: TokensOptions) {
  let held: { readonly token: string; readonly goodUntil: number } | undefined;
  let asking: Promise<string> | undefined;
  let cancelRenewal: Cancel = () => {};
  let isClosed = false;

  if (typeof provider !== 'function') {
    return { get: async () => provider, refuse: cancelRenewal, close: cancelRenewal };
  }
  const renewIn = (ms: number): void => {
    cancelRenewal();
    if (isClosed || !Number.isFinite(ms)) return;
    cancelRenewal = clock.after(ms, () => {
      const before = held?.token;
      ask().then(
        (token) => {
          if (!isClosed && token !== before) onRenewed();
        },
        () => {},
      );
    });
  };
  const forget = (): void => {
    asking = undefined;
  };
  /** Asks again and again while the old token is good; after that, every attempt to connect asks. */
  const askLater = (): void => {
    if (held !== undefined) renewIn(tokenMarginMs / 5);
  };
  const ask = (): Promise<string> => {
    asking ??= askNow().finally(forget);
    return asking;
  };
  const askNow = async (): Promise<string> => {
    // A provider that never answers must not block later calls. A late answer is used all the same.
    const cancel = clock.after(connectMs, () => {
      forget();
      askLater();
    });
    try {
      const token = await provider();
      const lifeMs = Math.max(leastLifeMs, tokenLifeMs(token, clock.now()));
      held = { token, goodUntil: clock.monotonic() + lifeMs };
      renewIn(lifeMs - Math.min(tokenMarginMs, lifeMs / 5));
      return token;
    } catch (error) {
      askLater();
      if (!isClosed) onFault(error);
      throw error;
    } finally {
      cancel();
    }
  };

  return {
    /** One that is good as far as one can know; undefined where none is used. Rejects with what the provider threw. */
    get: async (): Promise<string | undefined> =>
      held && clock.monotonic() < held.goodUntil ? held.token : ask(),
    /** The gateway does not take this token. */
    refuse(token: string | undefined): void {
      if (held?.token === token) held = undefined;
    },
    close(): void {
      isClosed = true;
      cancelRenewal();
    },
  };
}

/**
 * How long a token is good for, from now. Where this machine's clock is wrong, `exp` alone would mislead: it is never
 * longer than from `iat` to `exp`, and that long where `exp` seems to be over. Infinity: it does not say.
 */
export function tokenLifeMs(token: string, nowMs: number): number {
  const { exp, iat } = readClaims(token);
  if (typeof exp !== 'number') return Number.POSITIVE_INFINITY;
  const restMs = exp * 1000 - nowMs;
  if (typeof iat !== 'number' || iat >= exp) return restMs;
  const wholeMs = (exp - iat) * 1000;
  return restMs > 0 ? Math.min(restMs, wholeMs) : wholeMs;
}

/** The claims, read but not verified: that is the gateway's work. */
export function readClaims(token: string): { readonly exp?: unknown; readonly iat?: unknown } {
  try {
    const [, payload = ''] = token.split('.');
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return isJsonObject(claims) ? claims : {};
  } catch {
    return {};
  }
}
