import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type History, HistoryBudget, type Version } from '../../src/feed/history.ts';
import { heldIn } from '../support/feeds.ts';

const second = 1000;

function budgetOf(options: { seconds?: number; bytes?: number }) {
  return new HistoryBudget({
    historySeconds: options.seconds ?? 600,
    historyMaxBytes: options.bytes ?? Number.POSITIVE_INFINITY,
  });
}

/** What the wall clock says is nothing to go by: it goes back with each. */
const version = (seq: number, committedAt: number, bytes = 1): Version => ({
  seq,
  at: 1e12 - 1e7 * committedAt,
  committedAt,
  bytes,
  document: { seq },
});
const seqs = (history: History): number[] => heldIn(history).map(({ seq }) => seq);

describe('HistoryBudget', () => {
  it('keeps versions oldest first and finds each by its seq, also when the first seq is not 1', () => {
    const history = budgetOf({}).open();
    for (const seq of [7, 8, 9]) history.add(version(seq, seq * second));
    expect(seqs(history)).toEqual([7, 8, 9]);
    for (const seq of [7, 8, 9]) expect(history.find(seq)?.document).toEqual({ seq });
  });

  it.each([6, 10, 0, -1, 7.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 7])(
    'finds no version %d',
    (seq) => {
      const history = budgetOf({}).open();
      for (const held of [7, 8, 9]) history.add(version(held, held * second));
      expect(history.find(seq)).toBe(undefined);
    },
  );

  it('finds nothing where nothing was added', () => {
    const history = budgetOf({}).open();
    expect([history.find(0), history.find(1), heldIn(history).length]).toEqual([undefined, undefined, 0]);
  });

  it('keeps a version for its seconds and no longer', () => {
    const history = budgetOf({ seconds: 10 }).open();
    history.add(version(1, 0));
    history.add(version(2, 1));
    history.add(version(3, 10 * second));
    expect(seqs(history)).toEqual([1, 2, 3]);
    history.add(version(4, 10 * second + 1));
    expect(seqs(history)).toEqual([2, 3, 4]);
    expect(history.find(1)).toBe(undefined);
    expect(history.find(2)?.seq).toBe(2);
  });

  it('keeps the newest of each feed, however old', () => {
    const budget = budgetOf({ seconds: 10 });
    const [quiet, busy] = [budget.open(), budget.open()];
    quiet.add(version(1, 0));
    quiet.add(version(2, 1));
    busy.add(version(1, 1000 * second));
    expect([seqs(quiet), seqs(busy)]).toEqual([[2], [1]]);
  });

  it('drops the oldest of all feeds first when they outgrow their bytes together', () => {
    const budget = budgetOf({ bytes: 50 });
    const [a, b] = [budget.open(), budget.open()];
    a.add(version(1, 1, 10));
    b.add(version(1, 2, 10));
    a.add(version(2, 3, 10));
    b.add(version(2, 4, 10));
    b.add(version(3, 5, 10));
    expect([seqs(a), seqs(b)]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    b.add(version(4, 6, 10));
    expect([seqs(a), seqs(b)]).toEqual([[2], [1, 2, 3, 4]]);
    // Now the oldest of all is the newest of its feed: the next oldest goes.
    b.add(version(5, 7, 15));
    expect([seqs(a), seqs(b)]).toEqual([[2], [3, 4, 5]]);
    expect(budget.bytes).toBe(45);
  });

  it('never drops a newest version, also where that alone is too large', () => {
    const budget = budgetOf({ bytes: 10 });
    const [a, b] = [budget.open(), budget.open()];
    for (const seq of [1, 2, 3]) {
      a.add(version(seq, 2 * seq, 100));
      b.add(version(seq, 2 * seq + 1, 1));
    }
    expect([seqs(a), seqs(b)]).toEqual([[3], [3]]);
    expect(budget.bytes).toBe(101);
  });

  it.each([
    ['0 seconds', { seconds: 0 }],
    ['0 bytes', { bytes: 0 }],
  ])('keeps only the newest with %s, also of two in one millisecond', (_what, options) => {
    const history = budgetOf(options).open();
    for (const seq of [1, 2, 3]) history.add(version(seq, 5));
    expect(seqs(history)).toEqual([3]);
    expect(history.find(3)?.seq).toBe(3);
  });

  it('gives bytes back once, and to the others, when a history is cleared', () => {
    const budget = budgetOf({ bytes: 30 });
    const [a, b] = [budget.open(), budget.open()];
    a.add(version(1, 1, 10));
    a.add(version(2, 2, 10));
    b.add(version(1, 3, 10));
    a.clear();
    a.clear();
    expect([budget.bytes, seqs(a), a.find(2)]).toEqual([10, [], undefined]);
    b.add(version(2, 4, 10));
    b.add(version(3, 5, 10));
    expect(seqs(b)).toEqual([1, 2, 3]);
  });

  it('holds nothing for a history that was cleared, whatever is added to it later', () => {
    const budget = budgetOf({});
    const history = budget.open();
    history.add(version(1, 1, 10));
    history.clear();
    history.add(version(2, 2, 10));
    expect(budget.bytes).toBe(0);
  });
});

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
            const held = heldIn(history).map((version) => version.seq);
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
