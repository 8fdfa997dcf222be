import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { HistoryBudget, historyDefaults } from '../../../../src/feed/history.ts';
import { WritableStateFeed } from '../../../../src/feed/state-feed.ts';
import { HistoryReadings, historyQuery } from '../../../../src/protocol/telemetry/view/history.ts';
import { telemetryProjection } from '../../../../src/protocol/telemetry/view/views.ts';
import { createManualClock } from '../../../support/manual-clock.ts';

interface Point {
  readonly seq: number;
  readonly at: string;
  readonly data: JsonObject;
}

/** A feed with one version a second, and its history as a client reads it. */
function setUp(
  versions: number,
  startMs = Date.parse('2026-01-01T00:00:00.500Z'),
  historySeconds = 3600,
  more: JsonObject = {},
) {
  const clock = createManualClock(startMs);
  const budget = new HistoryBudget({ ...historyDefaults, historySeconds });
  const feed = new WritableStateFeed({ initial: { n: 1, market: { price: 1 } }, epoch: 'e', clock, budget });
  let n = 1;
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      n += 1;
      clock.advance(1000);
      feed.stage({ n, market: { price: 1 }, ...more });
      feed.commit();
    }
  };
  pass(versions - 1);
  const read = async (
    query: Record<string, string> = {},
    sections?: readonly string[],
    spokenSince: number | undefined = 1,
  ): Promise<Point[]> => {
    const projection = telemetryProjection(feed, sections);
    const stream = new HistoryReadings(clock).stream(projection, spokenSince, historyQuery.parse(query));
    return JSON.parse(await new Response(stream).text());
  };
  return { clock, feed, read, pass };
}

describe('History', () => {
  it('is an array of versions, oldest first, each with when it was made', async () => {
    const { read } = setUp(3);
    expect(await read({ step: '0' })).toEqual([
      { seq: 1, at: '2026-01-01T00:00:00.500Z', data: { n: 1, market: { price: 1 } } },
      { seq: 2, at: '2026-01-01T00:00:01.500Z', data: { n: 2, market: { price: 1 } } },
      { seq: 3, at: '2026-01-01T00:00:02.500Z', data: { n: 3, market: { price: 1 } } },
    ]);
  });

  it('goes back as far as it is asked to', async () => {
    const { read, clock } = setUp(100);
    clock.advance(500);
    expect((await read({ seconds: '10', step: '0' })).map(({ seq }) => seq)).toEqual([
      91, 92, 93, 94, 95, 96, 97, 98, 99, 100,
    ]);
  });

  it.each([-3600, 3600])('goes by time that passed where the wall clock was set by %d s', async (seconds) => {
    const { read, clock, pass } = setUp(100);
    clock.setWall(clock.now() + seconds * 1000);
    pass(5);
    expect((await read({ step: '0' })).map(({ seq }) => seq)).toHaveLength(105);
    expect((await read({ seconds: '10', step: '0' })).map(({ seq }) => seq)).toEqual([
      96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    ]);
    expect((await read({ seconds: '100', step: '10' })).length).toBeLessThanOrEqual(11);
  });

  it('has 600 points at most where no step is given', async () => {
    expect((await setUp(1200).read()).length).toBeLessThanOrEqual(600);
    expect((await setUp(1200, Date.parse('2026-01-01T00:00:00.000Z')).read()).length).toBeLessThanOrEqual(
      600,
    );
  });

  it('has one point a step, and the newest version always last', async () => {
    const points = await setUp(100).read({ step: '7' });
    expect(points.at(-1)?.seq).toBe(100);
    expect(points.length).toBeLessThanOrEqual(16);
    const times = points.slice(0, -1).map(({ at }) => Date.parse(at));
    for (const [index, time] of times.slice(1).entries())
      expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(7000);
  });

  it('still says how it stands where nothing has happened for long', async () => {
    const { read, clock } = setUp(3);
    clock.advance(3_000_000);
    expect((await read({ seconds: '60' })).map(({ seq }) => seq)).toEqual([3]);
  });

  it('keeps no version for a client that is slow to read: what is gone meanwhile is left out', async () => {
    // Large enough that no two of them are made in one go.
    const padding = 'x'.repeat(70_000);
    const { feed, clock, pass } = setUp(100, undefined, 60, { padding });
    const query = historyQuery.parse({ step: '0' });
    const stream = new HistoryReadings(clock).stream(telemetryProjection(feed, undefined), 1, query);
    const reader = stream.getReader();
    const text = new TextDecoder();
    const first = text.decode((await reader.read()).value);
    pass(30);
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read())
      rest += text.decode(part.value);
    const points: Point[] = JSON.parse(first + rest);
    const seqs = points.map(({ seq }) => seq);
    expect(seqs.filter((seq) => seq >= 70)).toEqual(Array.from({ length: 31 }, (_, index) => 70 + index));
    expect(seqs.filter((seq) => seq < 70)).toHaveLength(1);
  });

  it('is a whole array whatever is gone', async () => {
    const { feed, clock, pass } = setUp(100, undefined, 60);
    const query = historyQuery.parse({ step: '0' });
    const stream = new HistoryReadings(clock).stream(telemetryProjection(feed, undefined), 1, query);
    pass(200);
    const points: Point[] = JSON.parse(await new Response(stream).text());
    expect(points.length).toBeLessThanOrEqual(1);
  });

  it('begins with the first version in which the engine said something', async () => {
    const { read } = setUp(5);
    expect((await read({ step: '0' }, undefined, 4)).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(await read({ step: '0' }, ['market'], 4)).toMatchObject([{ seq: 4 }]);
  });

  it('shows the sections asked for', async () => {
    expect((await setUp(1).read({}, ['market'])).map(({ data }) => data)).toEqual([{ market: { price: 1 } }]);
  });

  it.each([
    { seconds: '0' },
    { seconds: '601' },
    { seconds: '1.5' },
    { seconds: 'x' },
    { seconds: '' },
    { step: '-1' },
    { step: '601' },
    { step: 'NaN' },
  ])('is refused for %j', (query) => {
    expect(historyQuery.safeParse(query).success).toBe(false);
  });
});
