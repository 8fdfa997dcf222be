import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxHours, UsageBook } from '../../../src/demo/metrics/usage-book.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Within it, what happened may count for a range or not. */
const pageMs = 5 * minuteMs;

describe('UsageBook', () => {
  it('sums what happened in the hours up to its last entry', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3 * hourMs }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: maxHours }), (gapsMs, hours) => {
        const book = new UsageBook();
        const times: number[] = [];
        for (const gapMs of gapsMs) {
          const ms = (times.at(-1) ?? -hourMs) + gapMs;
          times.push(ms);
          book.at(ms).counts.requests += 1;
        }
        const end = times.at(-1) ?? 0;
        const within = (rangeMs: number) => times.filter((ms) => ms > end - rangeMs).length;
        const { requests } = book.total(hours).counts;
        expect(requests).toBeGreaterThanOrEqual(within(hours * hourMs - pageMs));
        expect(requests).toBeLessThanOrEqual(within(hours * hourMs + pageMs));
      }),
    );
  });

  it('adds up each kind of figure', () => {
    const book = new UsageBook();
    for (const ms of [0, hourMs]) {
      const { counts, microCosts, toolCalls } = book.at(ms);
      counts.completed += 1;
      microCosts.haiku += 10;
      toolCalls.Bash += 100;
    }
    expect(book.total(2)).toEqual({
      counts: { completed: 2, failed: 0, sessions: 0, requests: 0, inputTokens: 0, outputTokens: 0 },
      microCosts: { haiku: 20, sonnet: 0 },
      toolCalls: { Read: 0, Bash: 200, Edit: 0, Grep: 0, Write: 0, WebSearch: 0 },
    });
  });

  it('is empty before its first entry', () => {
    expect(new UsageBook().total(maxHours).counts.requests).toBe(0);
  });
});
