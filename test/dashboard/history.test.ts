import { describe, expect, it } from 'vitest';
import { readPoints } from '../../src/dashboard/model/history.ts';

describe('History', () => {
  it('is read by this machine’s clock, leaving out what is no point', () => {
    const at = '2026-01-01T00:00:10.000Z';
    const answer = [{ at, data: { status: 'ACTIVE' } }, { at: 'never', data: {} }, { at }, null, 7];
    expect(readPoints(answer, 10_000)).toEqual([
      { at: Date.parse(at) - 10_000, document: { status: 'ACTIVE' } },
    ]);
    expect(readPoints({ error: 'x' }, 0)).toEqual([]);
  });
});
