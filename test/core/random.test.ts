import { describe, expect, it } from 'vitest';
import { randomId } from '../../src/core/random.ts';

describe('randomId', () => {
  it('is 16 hex characters, so that a position splits at its only dash', () => {
    for (let count = 0; count < 1000; count += 1) expect(randomId()).toMatch(/^[0-9a-f]{16}$/);
  });

  it('does not repeat, and uses every digit at every place', () => {
    const ids = Array.from({ length: 10_000 }, randomId);
    expect(new Set(ids).size).toBe(ids.length);
    for (let place = 0; place < 16; place += 1) expect(new Set(ids.map((id) => id[place])).size).toBe(16);
  });
});
