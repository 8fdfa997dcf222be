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

/** The token in use. A provider is asked for the first one, before it expires, and when it was refused. */
export class Tokens {
  readonly #options: TokensOptions;
  #held: { readonly token: string; readonly goodUntil: number } | undefined;
  #asking: Promise<string> | undefined;
  #cancelRenewal: Cancel | undefined;
  #isClosed = false;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** One that is good as far as one can know; undefined where none is used. Rejects with what the provider threw. */
  async get(): Promise<string | undefined> {
    const { token: provider, clock } = this.#options;
    if (typeof provider !== 'function') return provider;
    const held = this.#held;
    return held && clock.monotonic() < held.goodUntil ? held.token : this.#ask(provider);
  }

  /** The gateway does not take this token. */
  refuse(token: string | undefined): void {
    if (this.#held?.token === token) this.#held = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRenewal?.();
  }

  #ask(provider: TokenProvider): Promise<string> {
    this.#asking ??= this.#askNow(provider).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askNow(provider: TokenProvider): Promise<string> {
    const { clock, timing, onFault } = this.#options;
    const { tokenMarginMs, connectMs } = timing;
    // One that never answers must not keep others from asking. What it says late is good all the same.
    const cancel = clock.after(connectMs, () => {
      this.#asking = undefined;
      this.#askLater(provider);
    });
    try {
      const token = await provider();
      const lifeMs = Math.max(leastLifeMs, tokenLifeMs(token, clock.now()));
      this.#held = { token, goodUntil: clock.monotonic() + lifeMs };
      this.#renewIn(lifeMs - Math.min(tokenMarginMs, lifeMs / 5), provider);
      return token;
    } catch (error) {
      this.#askLater(provider);
      if (!this.#isClosed) onFault(error);
      throw error;
    } finally {
      cancel();
    }
  }

  /** As often as it takes while the old one is good; after that, every attempt to connect asks. */
  #askLater(provider: TokenProvider): void {
    if (this.#held !== undefined) this.#renewIn(this.#options.timing.tokenMarginMs / 5, provider);
  }

  #renewIn(ms: number, provider: TokenProvider): void {
    const { clock, onRenewed } = this.#options;
    this.#cancelRenewal?.();
    if (this.#isClosed || !Number.isFinite(ms)) return;
    this.#cancelRenewal = clock.after(ms, () => {
      const before = this.#held?.token;
      this.#ask(provider).then(
        (token) => {
          if (!this.#isClosed && token !== before) onRenewed();
        },
        () => {},
      );
    });
  }
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
function readClaims(token: string): { readonly exp?: unknown; readonly iat?: unknown } {
  try {
    const [, payload = ''] = token.split('.');
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return isJsonObject(claims) ? claims : {};
  } catch {
    return {};
  }
}
