import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageLimiter, type MessageVerdict, messageDefaults } from '../../src/deliver/incoming.ts';

const limiter = () => new MessageLimiter(messageDefaults);

/** Verdicts on a message every `everyMs`, from `from` on, for `forMs`. */
function verdicts(on: MessageLimiter, from: number, forMs: number, everyMs: number): MessageVerdict[] {
  const given: MessageVerdict[] = [];
  for (let at = from; at < from + forMs; at += everyMs) given.push(on.admit(at));
  return given;
}

describe('MessageLimiter', () => {
  it('admits a burst of 40 and refuses the next', () => {
    const burst = Array.from({ length: 41 }, () => 0);
    const one = limiter();
    const given = burst.map((at) => one.admit(at));
    expect(given.filter((verdict) => verdict === 'admitted')).toHaveLength(40);
    expect(given.at(-1)).toBe('refused');
  });

  it('admits 20 a second for ever', () => {
    expect(new Set(verdicts(limiter(), 0, 60_000, 50))).toEqual(new Set(['admitted']));
  });

  it('calls it flooding once a client was over the limit for 10 s', () => {
    const one = limiter();
    expect(verdicts(one, 0, 9_900, 10)).not.toContain('flooding');
    expect(verdicts(one, 9_900, 1000, 10)).toContain('flooding');
  });

  it('starts afresh after a second without a refusal', () => {
    const one = limiter();
    verdicts(one, 0, 9_000, 10);
    expect(verdicts(one, 10_500, 9_000, 10)).not.toContain('flooding');
  });

  it('never admits more than the burst and 20 a second, however messages come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2000 }), { maxLength: 400 }), (gaps) => {
        const one = limiter();
        let at = 0;
        let admitted = 0;
        for (const gap of gaps) {
          at += gap;
          if (one.admit(at) === 'admitted') admitted += 1;
        }
        expect(admitted).toBeLessThanOrEqual(40 + (at * 20) / 1000);
      }),
    );
  });
});
