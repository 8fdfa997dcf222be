import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/core/errors.ts';
import { HistoryBudget, historyDefaults, type Version } from '../../../../src/feed/history.ts';
import { Projection } from '../../../../src/feed/projection.ts';
import { WritableStateFeed } from '../../../../src/feed/state-feed.ts';
import { HistoryReadings } from '../../../../src/protocol/telemetry/view/history.ts';
import {
  type HistoryFormat,
  historyQuery,
  spanOf,
} from '../../../../src/protocol/telemetry/view/history-query.ts';
import { Turns } from '../../../../src/protocol/telemetry/view/turns.ts';
import { newStateFeed } from '../../../support/feeds.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { settled } from '../../../support/wait.ts';

const versions = 40;

/** A history of which each point takes a millisecond to make, and turns that are taken when the test says so. */
function setUp() {
  const manual = createManualClock();
  let spentMs = 0;
  const clock = { ...manual, monotonic: () => manual.monotonic() + spentMs };
  const feed = new WritableStateFeed({
    initial: { n: 1 },
    epoch: 'e',
    clock,
    budget: new HistoryBudget(historyDefaults),
  });
  for (let n = 2; n <= versions; n += 1) {
    feed.stage({ n, padding: 'x'.repeat(30_000) });
    feed.commit();
  }
  const made = { points: 0 };
  class CountedProjection extends Projection {
    override of(version: Version) {
      made.points += 1;
      spentMs += 1;
      return super.of(version);
    }
  }
  const projection = new CountedProjection(feed);
  const rests: (() => void)[] = [];
  const readings = new HistoryReadings(clock, new Turns((rest) => void rests.push(rest)));
  const open = async (format: HistoryFormat = 'json') => {
    const span = spanOf(historyQuery.parse({ step: '0' }), feed, clock);
    const stream = await readings.stream({ projection, spokenSince: 1, span, format });
    if (stream instanceof Refusal) throw new Error(stream.detail);
    return stream;
  };
  return {
    made,
    manual,
    open,
    read: async (format?: HistoryFormat) => await new Response(await open(format)).text(),
    turns: () => rests.length,
    async turn() {
      rests.shift()?.();
      await settled();
    },
    async runAll() {
      for (let rest = rests.shift(); rest !== undefined; rest = rests.shift()) {
        rest();
        await settled();
      }
    },
  };
}

describe('Many readers of the history', () => {
  it('are sent points that were made once', async () => {
    const { made, read, runAll } = setUp();
    const reading = Array.from({ length: 60 }, () => read());
    await settled();
    await runAll();
    const texts = await Promise.all(reading);
    expect(new Set(texts).size).toBe(1);
    expect(JSON.parse(texts[0] ?? '')).toHaveLength(versions);
    expect(made.points).toBe(versions);
  });

  it('give the event loop a turn after some of them', async () => {
    const { made, read, turn, turns, runAll } = setUp();
    const reading = Array.from({ length: 60 }, () => read());
    await settled();
    expect(turns()).toBe(1);
    // Of one reader: the first point of all is a small one, and three more make its chunk.
    await turn();
    expect(made.points).toBe(4);
    await runAll();
    await Promise.all(reading);
  });

  it('have nothing made for those that do not read, and nothing kept when they are done', async () => {
    const { made, open, read, turns, runAll, manual } = setUp();
    for (let reader = 0; reader < 60; reader += 1) await open();
    await settled();
    expect([made.points, turns()]).toEqual([0, 0]);
    const first = read();
    await settled();
    await runAll();
    await first;
    manual.advance(20_000);
    const second = read();
    await settled();
    await runAll();
    await second;
    expect(made.points).toBe(2 * versions);
  });

  it('are no longer served once they left', async () => {
    const { made, open, runAll } = setUp();
    const reader = (await open()).getReader();
    const first = reader.read();
    await settled();
    await reader.cancel();
    await runAll();
    expect((await first).done).toBe(true);
    expect(made.points).toBe(0);
  });
});

describe('A reader of a long history', () => {
  it.each([{ seconds: '86400' }, { from: '0' }, { seconds: '86400', format: 'csv' }])(
    'has the event loop do other things after some thousand versions: %j',
    async (query) => {
      const clock = createManualClock();
      const budget = new HistoryBudget({ ...historyDefaults, historySeconds: 86_400 });
      const feed = newStateFeed({ n: 0, quiet: true }, { clock, budget });
      for (let n = 1; n <= 20_000; n += 1) {
        clock.advance(1000);
        feed.stage({ n, quiet: true });
        feed.commit();
      }
      const turns: number[] = [];
      let looked = 0;
      class CountedProjection extends Projection {
        override differs(version: Version, previous: Version): boolean {
          looked += 1;
          return super.differs(version, previous);
        }
      }
      const yieldTurn = (rest: () => void): void => {
        setImmediate(() => {
          looked = 0;
          rest();
          turns.push(looked);
        });
      };
      const asked = historyQuery.parse(query);
      const stream = await new HistoryReadings(clock, new Turns(yieldTurn)).stream({
        projection: new CountedProjection(feed, ['quiet']),
        spokenSince: 1,
        span: spanOf(asked, feed, clock),
        format: asked.format,
      });
      if (stream instanceof Refusal) throw new Error(stream.detail);
      const text = await new Response(stream).text();
      expect(text).toContain('true');
      expect(Math.max(...turns)).toBeLessThanOrEqual(5000);
      expect(turns.length).toBeGreaterThan(8);
    },
  );
});
