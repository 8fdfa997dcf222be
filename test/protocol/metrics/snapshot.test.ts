import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../../src/protocol/metrics/snapshot.ts';
import { PollFailure } from '../../../src/source/poll-failure.ts';
import { arbitraryJson } from '../../support/arbitrary-json.ts';
import { figures } from './set-up.ts';

const overview = { tasks: { total: 1 } };

describe('A snapshot', () => {
  it('is read as it is, its time apart', () => {
    expect(readSnapshot({ ...figures(7), timestamp: 12.5 }, 99)).toEqual({
      data: figures(7),
      timestamp: 12.5,
      notes: [],
    });
  });

  it.each([
    [{}, 99, []],
    [{ timestamp: null }, 99, []],
    [{ timestamp: '12.5' }, 12.5, []],
    [{ timestamp: '2025-10-20T13:48:43.400Z' }, 1_760_968_123.4, []],
    [{ timestamp: 1_760_968_123_400 }, 1_760_968_123.4, []],
    [{ timestamp: 1_760_968_123.456_789 }, 1_760_968_123.456_789, []],
    [{ timestamp: 'noon' }, 99, ['timestamp: expected a time']],
    [{ timestamp: 1e300 }, 99, ['timestamp: expected a time']],
  ])('with the time %j has the time %d', (time, timestamp, notes) => {
    expect(readSnapshot({ overview, ...time }, 99)).toEqual({ data: { overview }, timestamp, notes });
  });

  it('may be the overview itself, with the other parts beside its own', () => {
    const answer = {
      tasks: { total: 1 },
      costs: { a: 2 },
      uptime: 3,
      sessions: {},
      activity: [],
      timestamp: 4,
    };
    expect(readSnapshot(answer, 99).data).toEqual({
      overview: { tasks: { total: 1 }, costs: { a: 2 }, uptime: 3 },
      sessions: {},
      activity: [],
    });
  });

  it('may be the overview itself beside an overview of null', () => {
    expect(readSnapshot({ overview: null, tasks: { total: 1 } }, 99).data).toEqual({ overview });
  });

  it('has the times of its activities in epoch seconds, however the engine writes them', () => {
    const times = [1_760_968_123.5, 1_760_968_123_500, '2025-10-20T15:48:43.5+02:00', '1760968123.5'];
    const activity = times.map((timestamp) => ({ description: 'x', timestamp }));
    const { data, notes } = readSnapshot({ overview, activity }, 99);
    expect(data.activity).toEqual(times.map(() => ({ description: 'x', timestamp: 1_760_968_123.5 })));
    expect(notes).toEqual([]);
  });

  it('has costs under any name, and what else is said of them', () => {
    const costs = { total_cost: '3.5', opus_cost: true, currency: 'EUR', storage: 1 };
    const { data, notes } = readSnapshot({ overview: { costs } }, 99);
    expect(data.overview).toEqual({ costs: { ...costs, total_cost: 3.5, opus_cost: null } });
    expect(notes).toEqual(['overview.costs.opus_cost: expected a number']);
  });

  it('passes on what is not documented', () => {
    const more = { overview: { ...overview, queue: [{ x: 'y' }] }, host: 'a' };
    expect(readSnapshot(more, 99).data).toEqual(more);
  });

  it('has what is of another type replaced by nothing known, field by field', () => {
    const answer = {
      overview: {
        tasks: { total: '42', running: 'three', completed: null, failed: [4] },
        costs: 'a lot',
        claude_api: [1],
        tools: { total_calls: 5, by_type: { Read: 89, Edit: {} } },
      },
      sessions: 7,
      activity: [{ description: 5, timestamp: '1.5' }, 'text', null, { description: 'x' }],
    };
    expect(readSnapshot(answer, 99)).toEqual({
      timestamp: 99,
      data: {
        overview: {
          tasks: { total: 42, running: null, completed: null, failed: null },
          costs: {},
          claude_api: {},
          tools: { total_calls: 5, by_type: { Read: 89, Edit: null } },
        },
        sessions: {},
        activity: [{ description: null, timestamp: 1.5 }, { description: 'x' }],
      },
      notes: [
        'overview.tasks.running: expected a number',
        'overview.tasks.failed: expected a number',
        'overview.costs: expected an object',
        'overview.claude_api: expected an object',
        'overview.tools.by_type.Edit: expected a number',
        'sessions: expected an object',
        'activity[]: expected an object',
        'activity[].description: expected a string',
      ],
    });
  });

  it('is none without an overview', () => {
    for (const answer of [
      {},
      [],
      null,
      'x',
      5,
      { overview: [] },
      { overview: 'x', tasks: {} },
      { sessions: {} },
    ])
      expect(() => readSnapshot(answer, 99)).toThrow(new PollFailure('shape', 'the answer has no overview'));
  });

  it('is read of anything, or refused', () => {
    fc.assert(
      fc.property(arbitraryJson, arbitraryJson, (tasks, sessions) => {
        const { data, notes } = readSnapshot({ overview: { tasks }, sessions, activity: tasks }, 99);
        expect(readSnapshot({ ...data }, 99).notes).toEqual([]);
        expect(notes.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});
