import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/core/errors.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { HistoryBudget, historyDefaults } from '../../../../src/feed/history.ts';
import { WritableStateFeed } from '../../../../src/feed/state-feed.ts';
import { HistoryReadings } from '../../../../src/protocol/telemetry/view/history.ts';
import { historyQuery, spanOf } from '../../../../src/protocol/telemetry/view/history-query.ts';
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
  const open = async (query: Record<string, string> = {}, sections?: string[], spokenSince = 1) => {
    const asked = historyQuery.parse(query);
    const stream = await new HistoryReadings(clock).stream({
      projection: telemetryProjection(feed, sections),
      spokenSince,
      span: spanOf(asked, feed, clock),
      format: asked.format,
    });
    if (stream instanceof Refusal) throw new Error(stream.detail);
    return stream;
  };
  const text = async (...asked: Parameters<typeof open>): Promise<string> =>
    await new Response(await open(...asked)).text();
  return {
    ...{ clock, feed, pass, open, text },
    read: async (...asked: Parameters<typeof open>): Promise<Point[]> => JSON.parse(await text(...asked)),
  };
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
    const { open, pass } = setUp(100, undefined, 60, { padding });
    const reader = (await open({ step: '0' })).getReader();
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
    const { open, pass } = setUp(100, undefined, 60);
    const stream = await open({ step: '0' });
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

  it('has 600 points at most of as much as there is, however far back one asks', async () => {
    const { read } = setUp(1200);
    for (const query of [{ seconds: '86400' }, { from: '0' }, { from: '0', to: '2026-01-01T00:10:00Z' }]) {
      const { length } = await read(query);
      expect(length).toBeLessThanOrEqual(600);
      expect(length).toBeGreaterThan(290);
    }
  });

  it('shows how it stood at the end, in the version since which it stood so', async () => {
    const { read, feed, clock, pass } = setUp(3);
    feed.stage({ ...feed.current.document, market: { price: 2 } });
    clock.advance(500);
    feed.commit();
    pass(1);
    // The version that the test's clock commits next has the first price again.
    feed.stage({ ...feed.current.document, market: { price: 3 } });
    feed.commit();
    for (let more = 0; more < 20; more += 1) {
      clock.advance(1000);
      feed.stage({ ...feed.current.document, n: 1000 + more });
      feed.commit();
    }
    expect(await read({ seconds: '5', step: '0' }, ['market'])).toMatchObject([
      { seq: 6, data: { market: { price: 3 } } },
    ]);
  });
});

const first = Date.parse('2026-01-01T00:00:00.500Z');
const second = (number: number): string => new Date(first + number * 1000).toISOString();

describe('History from one instant to another', () => {
  const seqs = async (query: Record<string, string>): Promise<number[]> =>
    (await setUp(100).read({ step: '0', ...query })).map(({ seq }) => seq);

  it.each([
    ['both ends included', { from: second(10), to: second(12) }, [11, 12, 13]],
    [
      'as epoch seconds with a fraction, milliseconds and nanoseconds',
      { from: `${(first + 10_000) / 1000}`, to: `${first + 12_000}` },
      [11, 12, 13],
    ],
    [
      'in another zone',
      { from: '2026-01-01T02:00:10.5+02:00', to: '2026-01-01T01:00:12.5 01:00' },
      [11, 12, 13],
    ],
    ['so many seconds before an end', { seconds: '3', to: second(12) }, [11, 12, 13]],
    ['up to now without an end', { from: second(97) }, [98, 99, 100]],
    ['up to an end that is still to come', { from: second(98), to: second(5000) }, [99, 100]],
    ['how it stood at the end where nothing lies between', { from: second(9.2), to: second(9.8) }, [10]],
    ['nothing before there was anything', { from: second(-50), to: second(-40) }, []],
    ['as it stands where the start is still to come', { from: second(5000) }, [100]],
  ])('is what was committed: %s', async (_what, query, expected) => {
    expect(await seqs(query)).toEqual(expected);
  });

  it('takes the instants by which the answer dates versions, where the clock was set', async () => {
    const { read, clock, pass } = setUp(10);
    clock.setWall(first - 3_600_000);
    pass(5);
    const points = await read({ step: '0', from: second(7), to: second(9) });
    expect(points.map(({ seq }) => seq)).toEqual([8, 9, 10]);
    const { length } = await read({ step: '0', from: second(-3600) });
    expect(length).toBe(15);
  });
});

describe('History as lines', () => {
  it('has a point in each, and nothing where there is none', async () => {
    const { text, read } = setUp(3);
    const lines = (await text({ step: '0', format: 'ndjson' })).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual(await read({ step: '0' }));
    expect(await text({ format: 'ndjson', to: '0' })).toBe('');
  });
});

describe('History as a table', () => {
  it('has a line of paths, and then one for each version', async () => {
    const { text } = setUp(2, undefined, undefined, { logs: [{ message: 'a "b"' }], none: null });
    expect(await text({ step: '0', format: 'csv' })).toBe(
      [
        'seq,at,n,market.price,logs,none',
        `1,${second(0)},1,1,,`,
        `2,${second(1)},2,1,"[{""message"":""a \\""b\\""""}]",`,
        '',
      ].join('\r\n'),
    );
  });

  it('has the names alone where there is nothing', async () => {
    expect(await setUp(2).text({ format: 'csv', to: '0' })).toBe('seq,at\r\n');
  });

  it('is refused where it would have too many columns', async () => {
    const wide = Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`k${index}`, index]));
    await expect(setUp(2, undefined, undefined, wide).text({ format: 'csv' })).rejects.toThrow(
      'format: over 20000 columns',
    );
  });
});
