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

/** So many tokens of a provider refused in a row: the next one would be no better. */
const mostRefused = 2;

export type Tokens = ReturnType<typeof createTokens>;

/** The token in use. A provider is asked for the first one, before it expires, and when it was refused. */
export function createTokens({
  token,
  clock,
  timing: { tokenMarginMs, connectMs },
  onRenewed,
  onFault,
}: TokensOptions) {
  let source = token;
  let held: { readonly token: string; readonly goodUntil: number } | undefined;
  let asking: Promise<string | undefined> | undefined;
  let cancelRenewal: Cancel = () => {};
  let refused = 0;

  const renewIn = (ms: number): void => {
    cancelRenewal();
    if (!Number.isFinite(ms)) return;
    cancelRenewal = clock.after(ms, () => {
      const before = held?.token;
      const asked = source;
      ask().then(
        (next) => {
          if (source === asked && next !== before) onRenewed();
        },
        () => {},
      );
    });
  };
  /** Asks again and again while the old token is good; after that, every attempt to connect asks. */
  const askLater = (): void => {
    if (held !== undefined) renewIn(tokenMarginMs / 5);
  };
  const ask = (): Promise<string | undefined> => {
    if (typeof source !== 'function') return Promise.resolve(source);
    if (asking) return asking;
    const asked = askNow(source).finally(() => {
      if (asking === asked) asking = undefined;
    });
    asking = asked;
    return asked;
  };
  const askNow = async (provider: TokenProvider): Promise<string | undefined> => {
    // A provider that never answers must not block later calls. A late answer is used all the same.
    const cancel = clock.after(connectMs, () => {
      if (provider !== source) return;
      asking = undefined;
      askLater();
    });
    try {
      const next = await provider();
      if (provider === source) {
        const lifeMs = tokenLifeMs(next, clock.now(), tokenMarginMs / 2);
        held = { token: next, goodUntil: clock.monotonic() + lifeMs };
        renewIn(lifeMs - Math.min(tokenMarginMs, lifeMs / 5));
        return next;
      }
    } catch (error) {
      if (provider === source) {
        askLater();
        onFault(error);
        throw error;
      }
    } finally {
      cancel();
    }
    // Another one took its place meanwhile.
    return get();
  };
  const get = async (): Promise<string | undefined> =>
    held && clock.monotonic() < held.goodUntil ? held.token : ask();

  return {
    /** One that is good as far as one can know; undefined where none is used. Rejects with what the provider threw. */
    get,
    /** Takes the place of the token, or of the provider, which is not asked or listened to any more. */
    set(next: string | TokenProvider | undefined): void {
      cancelRenewal();
      source = next;
      held = asking = undefined;
      refused = 0;
    },
    /** The gateway takes the token in use. */
    accept(): void {
      refused = 0;
    },
    /** The gateway does not take this token. */
    refuse(token: string | undefined): void {
      if (token === undefined || held?.token !== token) return;
      cancelRenewal();
      refused += 1;
      // The last one is kept for a moment: for other transports to be told why it is refused.
      held = refused < mostRefused ? undefined : { token, goodUntil: clock.monotonic() + connectMs };
    },
    /** Whether a refusal is the last word: it was a text, or the provider was asked once more already. */
    get isSpent(): boolean {
      return typeof source !== 'function' || refused >= mostRefused;
    },
  };
}

/** Not less, whatever a token says: a provider that gives such ones must not be asked without pause. */
const leastLifeMs = 1000;

/**
 * How long a token is good for, from now. Infinity: it does not say.
 *
 * This machine's clock may be wrong, and `exp` alone would mislead. It is never longer than from `iat` to `exp`; it is
 * that long where `exp` seems to be over, and Infinity without `iat`: then the gateway says when it is over. And what
 * little seems to be left may be most of it: it is no less than `leastMs`, or half of what `iat` and `exp` make.
 */
export function tokenLifeMs(token: string, nowMs: number, leastMs: number): number {
  const { exp, iat } = readClaims(token);
  if (typeof exp !== 'number') return Infinity;
  const restMs = exp * 1000 - nowMs;
  const wholeMs = typeof iat === 'number' && iat < exp ? (exp - iat) * 1000 : Infinity;
  if (restMs <= 0) return Math.max(leastLifeMs, wholeMs);
  return Math.max(leastLifeMs, Math.min(leastMs, wholeMs / 2), Math.min(restMs, wholeMs));
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
