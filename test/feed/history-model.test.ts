import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistoryBudget } from '../../src/feed/history.ts';

interface Held {
  readonly feed: number;
  readonly seq: number;
  readonly at: number;
  readonly bytes: number;
}

const feeds = [0, 1, 2] as const;
const seconds = 5;
const maxBytes = 100;

/** What the budget says of itself, done the slow way on one list in the order of time. */
function trimmed(list: readonly Held[], now: number): Held[] {
  const isNewest = ({ feed, seq }: Held): boolean =>
    !list.some((other) => other.feed === feed && other.seq > seq);
  const kept = list.filter((held) => isNewest(held) || held.at >= now - seconds * 1000);
  const sum = (): number => kept.reduce((bytes, held) => bytes + held.bytes, 0);
  while (sum() > maxBytes) {
    const oldest = kept.findIndex((held) => !isNewest(held));
    if (oldest < 0) break;
    kept.splice(oldest, 1);
  }
  return kept;
}

const step = fc.record({
  feed: fc.constantFrom(...feeds),
  bytes: fc.integer({ min: 0, max: 60 }),
  // At least 1 ms apart, so that "the oldest" is one.
  gapMs: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 9000 })),
});

describe('HistoryBudget, whatever is added', () => {
  it('holds what a plain list of all versions in the order of time would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new HistoryBudget({ historySeconds: seconds, historyMaxBytes: maxBytes });
        const histories = feeds.map(() => budget.open());
        const nextSeq = feeds.map(() => 1);
        let model: Held[] = [];
        let now = 0;
        for (const { feed, bytes, gapMs } of steps) {
          now += gapMs;
          const seq = nextSeq[feed] ?? 1;
          nextSeq[feed] = seq + 1;
          histories[feed]?.add({ seq, at: 0, committedAt: now, bytes, document: {} });
          model = trimmed([...model, { feed, seq, at: now, bytes }], now);
          for (const [index, history] of histories.entries()) {
            const held = history.versions().map((version) => version.seq);
            expect(held).toEqual(model.filter((entry) => entry.feed === index).map((entry) => entry.seq));
            for (const heldSeq of held) expect(history.find(heldSeq)?.seq).toBe(heldSeq);
          }
          expect(budget.bytes).toBe(model.reduce((sum, entry) => sum + entry.bytes, 0));
        }
      }),
      { numRuns: 200 },
    );
  });
});
