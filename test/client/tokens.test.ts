import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokens, tokenLifeMs } from '../../src/client/tokens.ts';
import type { TokenProvider } from '../../src/client/types.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { unsignedToken } from '../support/tokens.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const inSeconds = (seconds: number): number => start / 1000 + seconds;
const token = (lifeS: number, name = ''): string =>
  unsignedToken({ sub: name, iat: inSeconds(0), exp: inSeconds(lifeS) });

function setUp(provider: TokenProvider | string) {
  const clock = createManualClock(start);
  const renewed: unknown[] = [];
  const faults: unknown[] = [];
  const tokens = createTokens({
    token: provider,
    clock,
    timing: { tokenMarginMs: 60_000, connectMs: 10_000 },
    onRenewed: () => renewed.push(clock.monotonic()),
    onFault: (error) => faults.push(error),
  });
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await nextTurn();
  };
  return { clock, tokens, renewed, faults, advance };
}

describe('Tokens', () => {
  it('leaves a text alone', async () => {
    const { tokens } = setUp('opaque');
    tokens.refuse('opaque');
    expect(await tokens.get()).toBe('opaque');
  });

  it('asks a provider once for all who want the token at the same time, and again a minute before it expires', async () => {
    let asked = 0;
    const { tokens, renewed, advance } = setUp(async () => {
      asked += 1;
      return token(3600 * asked, String(asked));
    });
    expect(await Promise.all([tokens.get(), tokens.get(), tokens.get()])).toEqual(
      Array(3).fill(token(3600, '1')),
    );
    await advance(3600_000 - 60_001);
    expect(asked).toBe(1);
    await advance(1);
    expect(asked).toBe(2);
    expect(renewed).toEqual([3600_000 - 60_000]);
    expect(await tokens.get()).toBe(token(7200, '2'));
  });

  it('asks for the next one after four fifths of a short life', async () => {
    let asked = 0;
    const { tokens, advance } = setUp(() => {
      asked += 1;
      return token(asked * 100);
    });
    await tokens.get();
    await advance(79_999);
    expect(asked).toBe(1);
    await advance(1);
    expect(asked).toBe(2);
  });

  it('asks again after a refusal, unless there is another token by then', async () => {
    let asked = 0;
    const { tokens } = setUp(() => {
      asked += 1;
      return `opaque ${asked}`;
    });
    expect(await tokens.get()).toBe('opaque 1');
    expect(await tokens.get()).toBe('opaque 1');
    tokens.refuse('opaque 1');
    expect(await tokens.get()).toBe('opaque 2');
    tokens.refuse('opaque 1');
    expect(await tokens.get()).toBe('opaque 2');
  });

  it('keeps the good token while the provider fails, and tries again until it does not', async () => {
    let asked = 0;
    const { tokens, renewed, faults, advance } = setUp(() => {
      asked += 1;
      if (asked > 1 && asked < 4) throw new Error('away');
      return token(3600 * asked, String(asked));
    });
    await tokens.get();
    await advance(3540_000);
    expect(await tokens.get()).toBe(token(3600, '1'));
    await advance(12_000);
    await advance(12_000);
    expect(faults).toHaveLength(2);
    expect(renewed).toHaveLength(1);
    expect(await tokens.get()).toBe(token(4 * 3600, '4'));
  });

  it('rejects with what the provider threw where there is no good token, and asks again next time', async () => {
    let asked = 0;
    const { tokens, faults } = setUp(async () => {
      asked += 1;
      if (asked === 1) throw new Error('away');
      return 'opaque';
    });
    await expect(tokens.get()).rejects.toThrow('away');
    expect(faults).toHaveLength(1);
    expect(await tokens.get()).toBe('opaque');
  });

  it('does not ask without pause a provider that gives the same token until it has expired', async () => {
    let asked = 0;
    const { tokens, renewed, advance } = setUp(() => {
      asked += 1;
      return token(100);
    });
    await tokens.get();
    for (let ms = 0; ms < 100_000; ms += 100) await advance(100);
    expect(asked).toBeLessThan(30);
    expect(renewed).toEqual([]);
  });

  it('asks once where the clock of this machine is ahead of a token without iat', async () => {
    let asked = 0;
    const { tokens, advance } = setUp(() => {
      asked += 1;
      return unsignedToken({ sub: String(asked), exp: inSeconds(300 - 3600) });
    });
    await tokens.get();
    for (let ms = 0; ms < 8000; ms += 100) await advance(100);
    expect(asked).toBe(1);
  });

  it('asks no more often than each 800 ms, whatever the tokens and the clocks say', async () => {
    const seconds = fc.option(fc.integer({ min: -7200, max: 7200 }).map(inSeconds), { nil: undefined });
    const given = fc.record({ iat: seconds, exp: seconds, sub: fc.constantFrom('a', 'b') });
    await fc.assert(
      fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 3 }), async (claims) => {
        let asked = 0;
        const { tokens, advance } = setUp(() => {
          asked += 1;
          const { iat, exp, sub } = claims[asked % claims.length] ?? {};
          return unsignedToken({ ...(iat && { iat }), ...(exp && { exp }), ...(sub && { sub }) });
        });
        await tokens.get();
        for (let ms = 0; ms < 16_000; ms += 100) await advance(100);
        expect(asked).toBeLessThanOrEqual(1 + 16_000 / 800);
      }),
      { numRuns: 50 },
    );
  });

  it('uses another token, or provider, from then on, and takes no late word of the one before', async () => {
    const answers: ((token: string) => void)[] = [];
    const { tokens, renewed } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    const first = tokens.get();
    tokens.set('text');
    expect(await tokens.get()).toBe('text');
    answers[0]?.('late');
    expect(await first).toBe('text');
    tokens.set(() => 'of the next provider');
    expect(await tokens.get()).toBe('of the next provider');
    tokens.set(undefined);
    expect(await tokens.get()).toBeUndefined();
    expect(renewed).toEqual([]);
  });

  it('does not take the token of another provider for a renewal', async () => {
    const answers: ((token: string) => void)[] = [];
    const { tokens, renewed, advance } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    const first = tokens.get();
    answers[0]?.(token(100));
    await first;
    await advance(80_000);
    expect(answers).toHaveLength(2);
    tokens.set('text');
    answers[1]?.('late');
    await advance(0);
    expect(renewed).toEqual([]);
  });

  it('calls a refusal the last word for a text at once, for a provider the second time in a row', async () => {
    const { tokens } = setUp(() => 'the same');
    const refuse = async (): Promise<boolean> => {
      tokens.refuse(await tokens.get());
      return tokens.isSpent;
    };
    expect(await refuse()).toBe(false);
    tokens.accept();
    expect(await refuse()).toBe(false);
    expect(await refuse()).toBe(true);
    tokens.set(() => 'another');
    expect(await refuse()).toBe(false);
    tokens.set('text');
    expect(await refuse()).toBe(true);
  });

  it('asks again where a provider never answers, and takes what it says late', async () => {
    const answers: ((token: string) => void)[] = [];
    const { tokens, advance } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    const first = tokens.get();
    await advance(9999);
    const early = tokens.get();
    expect(answers).toHaveLength(1);
    await advance(1);
    const second = tokens.get();
    expect(answers).toHaveLength(2);
    answers[0]?.('late');
    expect(await Promise.all([first, early])).toEqual(['late', 'late']);
    expect(await tokens.get()).toBe('late');
    answers[1]?.('newer');
    expect(await second).toBe('newer');
    expect(await tokens.get()).toBe('newer');
    expect(answers).toHaveLength(2);
  });

  it('tries again while the old token is good where the provider does not answer for the next', async () => {
    let asked = 0;
    const { tokens, renewed, advance } = setUp(() => {
      asked += 1;
      return asked === 2 ? new Promise(() => {}) : token(3600 * asked, String(asked));
    });
    await tokens.get();
    await advance(3540_000);
    await advance(10_000);
    await advance(12_000);
    expect(asked).toBe(3);
    expect(renewed).toHaveLength(1);
    expect(await tokens.get()).toBe(token(3 * 3600, '3'));
  });

  it('asks again where the provider throws at once, not in its promise', async () => {
    let asked = 0;
    const { tokens } = setUp(() => {
      asked += 1;
      if (asked < 3) throw new Error('away');
      return 'opaque';
    });
    await expect(tokens.get()).rejects.toThrow('away');
    await expect(tokens.get()).rejects.toThrow('away');
    expect(await tokens.get()).toBe('opaque');
  });

  it('asks nothing more of a provider once it was replaced', async () => {
    let asked = 0;
    const { tokens, advance } = setUp(() => {
      asked += 1;
      return token(100);
    });
    await tokens.get();
    tokens.set(undefined);
    await advance(1_000_000);
    expect(asked).toBe(1);
  });
});

describe('tokenLifeMs', () => {
  const claims = (iat: number | undefined, exp: number | undefined): string =>
    unsignedToken({ ...(iat === undefined ? {} : { iat }), ...(exp === undefined ? {} : { exp }) });

  it.each([
    ['the rest until exp', claims(inSeconds(-10), inSeconds(50)), 50_000],
    [
      'no longer than from iat to exp, by a clock that is slow',
      claims(inSeconds(3600), inSeconds(3660)),
      60_000,
    ],
    ['from iat to exp, by a clock that is fast', claims(inSeconds(-3600), inSeconds(-3540)), 60_000],
    ['what is left, without iat', claims(undefined, inSeconds(500)), 500_000],
    ['endless, without iat, where exp seems to be over', claims(undefined, inSeconds(-5)), Infinity],
    [
      'not so little, without iat, as a clock that is fast may make it',
      claims(undefined, inSeconds(5)),
      30_000,
    ],
    ['half of the whole at least, for a clock that is fast', claims(inSeconds(-38), inSeconds(2)), 20_000],
    ['a second at least', claims(inSeconds(0), inSeconds(0.01)), 1000],
    ['endless, without exp', claims(inSeconds(0), undefined), Number.POSITIVE_INFINITY],
    ['endless, of what is no JWT', 'opaque', Number.POSITIVE_INFINITY],
    ['endless, of what only looks like one', 'a.!!!.c', Number.POSITIVE_INFINITY],
  ])('is %s', (_, text, lifeMs) => {
    expect(tokenLifeMs(text, start, 30_000)).toBe(lifeMs);
  });
});
