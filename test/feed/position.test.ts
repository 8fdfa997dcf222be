import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomId } from '../../src/core/random.ts';
import { formatPosition } from '../../src/feed/position.ts';

describe('formatPosition', () => {
  it('writes epoch and seq with a dash between', () => {
    expect(formatPosition({ epoch: '0123456789abcdef', seq: 42 })).toBe('0123456789abcdef-42');
  });

  it('can be taken apart at its last dash, and fits an HTTP header and an entity tag', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (seq) => {
        const epoch = randomId();
        const text = formatPosition({ epoch, seq });
        expect(text).toMatch(/^[\x21\x23-\x7e]+$/);
        const dash = text.lastIndexOf('-');
        expect([text.slice(0, dash), Number(text.slice(dash + 1))]).toEqual([epoch, seq]);
      }),
    );
  });
});
