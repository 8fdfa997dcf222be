import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { readMetrics as read } from '../../src/dashboard/model/metrics-figures.ts';
import { snapshotOf } from '../support/metrics-engine.ts';

const readMetrics = (snapshot: JsonObject, skewMs = 0) => read(snapshot, skewMs);
const rankOf = (byType: JsonObject) => readMetrics({ overview: { tools: { by_type: byType } } }).tools?.kinds;

describe('The figures of a snapshot', () => {
  it('are those of the documented sections, in an order that stays', () => {
    const { tasks, costs, api, tools, sessions, activity } = readMetrics(snapshotOf(156));
    expect(tasks.map(({ label, value }) => [label, value])).toEqual([
      ['Running', 3],
      ['Failed', 4],
      ['Completed', 35],
      ['Total', 42],
    ]);
    expect(costs).toMatchObject({ total: 12.45, currency: undefined });
    expect(costs?.kinds.rows).toEqual([
      { name: 'Haiku', value: 8.2 },
      { name: 'Sonnet', value: 4.25 },
    ]);
    expect(api.map(({ label, value }) => [label, value])).toEqual([
      ['Requests', 156],
      ['Input tokens', 45_000],
      ['Output tokens', 23_000],
    ]);
    expect(tools?.figures).toEqual([{ name: 'total_calls', label: 'Calls', value: 201 }]);
    expect(tools?.kinds.rows.map(({ name }) => name)).toEqual(['Read', 'Bash', 'Edit']);
    expect(sessions?.figures.map(({ value }) => value)).toEqual([15, 201]);
    expect(activity).toEqual([{ description: 'Task completed', at: 1_729_432_100_500 }]);
  });

  it('are as many as the engine sends: none of a section that is missing', () => {
    expect(readMetrics({ overview: { tasks: { total: 1 } }, activity: [] })).toEqual({
      tasks: [{ name: 'total', label: 'Total', value: 1 }],
      costs: undefined,
      api: [],
      tools: undefined,
      sessions: undefined,
      activity: [],
    });
  });

  it('are further ones too, whatever their names', () => {
    const metrics = readMetrics({
      overview: {
        tasks: { queued: 7, note: 'none' },
        costs: { total_cost: 3, storage: 1, 'opus-5_cost': 2, currency: 'EUR', _cost: 0.5 },
      },
    });
    expect(metrics.tasks).toEqual([{ name: 'queued', label: 'Queued', value: 7 }]);
    expect(metrics.costs?.kinds.rows.map(({ name }) => name)).toEqual(['Opus-5', 'Storage', ' cost']);
    expect(metrics.costs?.currency).toBe('EUR');
  });

  it('are not known where the engine names them and says no number', () => {
    const { tasks, costs } = readMetrics({
      overview: { tasks: { running: null, failed: '4' }, costs: { total_cost: 'much' } },
    });
    expect(tasks.map(({ value }) => value)).toEqual([null, null]);
    expect(costs?.total).toBeNull();
  });

  it('of thousands of tools are the twelve largest, and the others as one', () => {
    const byType = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`tool-${index}`, index]));
    const kinds = rankOf(byType);
    expect(kinds?.rows).toHaveLength(12);
    expect(kinds?.rows[0]).toEqual({ name: 'tool-2999', value: 2999 });
    expect(kinds?.others).toEqual({ count: 2988, value: (2987 * 2988) / 2 });
    expect(kinds?.largest).toBe(2999);
  });

  it('of tools add up to all of them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.nat()), (byType) => {
        const kinds = rankOf(byType);
        const shown = (kinds?.rows ?? []).reduce((sum, { value }) => sum + value, 0);
        expect(shown + (kinds?.others?.value ?? 0)).toBe(kinds?.sum);
        expect((kinds?.rows.length ?? 0) + (kinds?.others?.count ?? 0)).toBe(Object.keys(byType).length);
      }),
    );
  });

  it('are read from anything', () => {
    const names = ['overview', 'tasks', 'costs', 'claude_api', 'tools', 'by_type', 'sessions', 'activity'];
    const key = fc.oneof(
      fc.constantFrom(
        ...names,
        'total',
        'total_cost',
        'tools_by_type',
        'timestamp',
        'description',
        '__proto__',
      ),
      fc.string(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.double(),
        fc.dictionary(key, tie('tree')),
        fc.array(tie('tree')),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (snapshot) => {
        const read = readMetrics(JSON.parse(JSON.stringify(snapshot)));
        for (const { value } of read.tasks) expect(value === null || Number.isFinite(value)).toBe(true);
        for (const { at } of read.activity ?? []) new Date(at ?? 0).toISOString();
      }),
    );
  });

  it('are no numbers beyond all bounds', () => {
    expect(rankOf(JSON.parse('{"a":1e999,"b":1}'))?.rows).toEqual([{ name: 'b', value: 1 }]);
  });

  it('say what happened, newest first, and cut what nobody would read', () => {
    const { activity } = readMetrics({
      activity: [
        { description: 'first', timestamp: 1_729_432_100 },
        { description: 'undated' },
        { description: 'x'.repeat(10_000), timestamp: 1_729_432_200.5 },
        { description: 'of a clock gone mad', timestamp: 1e300 },
        'no activity',
        { timestamp: 1 },
      ],
    });
    expect(activity?.map(({ at }) => at)).toEqual([
      1_729_432_200_500,
      1_729_432_100_000,
      undefined,
      undefined,
    ]);
    expect(activity?.[0]?.description).toBe(`${'x'.repeat(500)}…`);
    const many = Array.from({ length: 5000 }, (_, index) => ({ description: 'x', timestamp: index + 1e9 }));
    expect(readMetrics({ activity: many }).activity).toHaveLength(50);
  });

  it('say when it happened by the clock of this machine', () => {
    const activity = [
      { description: 'x', timestamp: 1_729_432_100 },
      { description: 'of the last moment that there is', timestamp: 8.64e12 },
    ];
    const ahead = readMetrics({ activity }, 3_600_000).activity?.map(({ at }) => at);
    expect(ahead).toEqual([8.64e15 - 3_600_000, 1_729_428_500_000]);
    const behind = readMetrics({ activity }, -3_600_000).activity?.map(({ at }) => at);
    expect(behind).toEqual([1_729_435_700_000, undefined]);
  });
});
