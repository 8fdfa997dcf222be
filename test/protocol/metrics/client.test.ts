import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/json.ts';
import { operator } from '../../support/principals.ts';
import { settled } from '../../support/wait.ts';
import { figures, setUpMetrics, wordsOf } from './set-up.ts';

const inForce = (hours: number, update_interval: number, more = {}) => [
  'subscribed',
  { status: 'subscribed', config: { hours, update_interval, ...more } },
];

describe('A metrics client', () => {
  it('is told at first who it is', (test) => {
    const { connect } = setUpMetrics(test);
    expect(connect().events()).toEqual([
      ['connected', { status: 'connected', client_id: expect.stringMatching(/./) }],
    ]);
  });

  it('is told what it subscribed to, and then the snapshot', async (test) => {
    const { connect, clock } = setUpMetrics(test);
    const { emit, news } = connect();
    news();
    emit('subscribe');
    await settled();
    const timestamp = clock.now() / 1000;
    expect(news()).toEqual([inForce(24, 2), ['metrics_update', { ...figures(1), timestamp }]]);
  });

  it.for<[JsonValue | undefined, number]>([
    [undefined, 24],
    [null, 24],
    [0, 1],
    [-5, 1],
    [24.9, 24],
    [168, 168],
    [999, 168],
    ['24', 24],
    [' 7.9 ', 7],
    ['1e9', 168],
    [1e308, 168],
  ])('has %j hours taken for %i', ([hours, taken], test) => {
    const { connect } = setUpMetrics(test);
    const { emit, news } = connect();
    news();
    emit('subscribe', hours === undefined ? {} : { hours });
    expect(news()).toEqual([inForce(taken, 2)]);
  });

  it('has NaN, which JSON has no word for, taken for none', (test) => {
    const { connect } = setUpMetrics(test);
    const { say, news } = connect();
    news();
    say('{"type":"subscribe","payload":{"hours":NaN,"update_interval":NaN}}');
    expect(news()).toEqual([inForce(24, 2)]);
  });

  it.for<[JsonValue, number]>([
    [null, 2],
    [0, 1],
    [61, 60],
    [5.5, 5],
    ['3', 3],
  ])('has an interval of %j taken for %i', ([interval, taken], test) => {
    const { connect } = setUpMetrics(test);
    const { emit, news } = connect();
    news();
    emit('set_interval', { interval });
    emit('subscribe', { update_interval: interval });
    expect(news()).toEqual([['interval_updated', { interval: taken }], inForce(24, taken)]);
  });

  it.for<[string, JsonValue, string]>([
    ['subscribe', { hours: 'abc' }, 'subscribe: hours: expected a number of hours from 1 to 168'],
    ['subscribe', { hours: '' }, 'subscribe: hours: expected a number of hours from 1 to 168'],
    ['subscribe', { hours: true }, 'subscribe: hours: expected a number of hours from 1 to 168'],
    ['subscribe', { hours: [] }, 'subscribe: hours: expected a number of hours from 1 to 168'],
    ['subscribe', { hours: {} }, 'subscribe: hours: expected a number of hours from 1 to 168'],
    [
      'subscribe',
      { update_interval: 'x' },
      'subscribe: update_interval: expected a number of seconds from 1 to 60',
    ],
    ['subscribe', 'all', 'subscribe: payload: expected an object, such as {"hours": 24}'],
    ['subscribe', [], 'subscribe: payload: expected an object, such as {"hours": 24}'],
    ['subscribe', { hour: 5 }, 'subscribe: payload: hour: no such option – did you mean hours?'],
    [
      'subscribe',
      { sections: [] },
      'subscribe: sections: expected 1 to 32 dot paths, such as "overview.tasks"',
    ],
    [
      'subscribe',
      { sections: [''] },
      'subscribe: sections: expected 1 to 32 dot paths, such as "overview.tasks"',
    ],
    [
      'subscribe',
      { sections: 'activity' },
      'subscribe: sections: expected 1 to 32 dot paths, such as "overview.tasks"',
    ],
    [
      'subscribe',
      { sections: Array.from({ length: 33 }, () => 'activity') },
      'subscribe: sections: expected 1 to 32 dot paths, such as "overview.tasks"',
    ],
    [
      'subscribe',
      { sections: ['activity', 'overview.nope'] },
      'subscribe: sections: "overview.nope" is not in the snapshot, expected a path such as "overview.tasks"',
    ],
    ['set_interval', { interval: 'x' }, 'set_interval: interval: expected a number of seconds from 1 to 60'],
    ['request_refresh', { hours: 'x' }, 'request_refresh: hours: expected a number of hours from 1 to 168'],
    [
      'reload',
      {},
      'unknown event: expected one of the events subscribe, unsubscribe, request_refresh, set_interval',
    ],
  ])('that says %s %j is told what is wrong, and nothing changes', async ([type, payload, error], test) => {
    const { connect, clock, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('subscribe', { hours: 3, update_interval: 7 });
    await settled();
    news();
    emit(type, payload);
    expect(news()).toEqual([['error', { error, timestamp: clock.now() / 1000 }]]);
    engine.snapshot = () => figures(2);
    await pass(15_000);
    expect(wordsOf(news())).toEqual(['metrics_update 2']);
    expect(engine.requests.every(({ hours }) => hours === '3')).toBe(true);
  });

  it('subscribes in place of what it subscribed to before', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    engine.snapshot = (hours) => figures(Number(hours));
    const { emit, news } = connect();
    emit('subscribe', { hours: 5, update_interval: 1 });
    await settled();
    emit('subscribe', { hours: 7 });
    await settled();
    news();
    engine.snapshot = (hours) => figures(100 + Number(hours));
    await pass(10_000);
    expect(wordsOf(news())).toEqual(['metrics_update 107']);
  });

  it('is sent the snapshot again at once where it subscribes to the same again', async (test) => {
    const { connect, engine } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('subscribe');
    await settled();
    news();
    emit('subscribe');
    expect(wordsOf(news())).toEqual(['subscribed', 'metrics_update 1']);
    expect(engine.count(24)).toBe(1);
  });

  it('is sent nothing after it unsubscribed, whatever was under way', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('unsubscribe');
    expect(wordsOf(news())).toEqual(['connected', 'unsubscribed']);
    engine.isHeld = true;
    emit('subscribe');
    emit('request_refresh', { hours: 5 });
    emit('request_refresh', { hours: 6 });
    emit('unsubscribe');
    news();
    engine.snapshot = () => figures(2);
    await engine.release();
    await pass(5000);
    expect(news()).toEqual([]);
    emit('subscribe');
    await settled();
    news();
    engine.snapshot = () => figures(3);
    // The poll has brought it, and it waits for the next slot of the interval.
    await pass(1900);
    emit('unsubscribe');
    await pass(10_000);
    expect(wordsOf(news())).toEqual(['unsubscribed']);
  });

  it('has an interval that it sets before kept for its subscription, unless that names one', async (test) => {
    const { connect } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('set_interval', { interval: 9 });
    news();
    emit('subscribe');
    expect(news()).toEqual([inForce(24, 9)]);
    emit('subscribe');
    expect(news()).toEqual([inForce(24, 2)]);
    emit('unsubscribe');
    emit('set_interval', { interval: 9 });
    news();
    emit('subscribe', { update_interval: 4 });
    expect(news()).toEqual([inForce(24, 4)]);
  });

  it('changes its interval without losing an update or being sent one twice', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    for (const sections of [undefined, ['overview.tasks']]) {
      engine.snapshot = () => figures(1);
      emit('subscribe', sections === undefined ? {} : { sections });
      await pass(2500);
      news();
      emit('set_interval', { interval: 5 });
      emit('set_interval', { interval: 3 });
      await pass(7000);
      expect(wordsOf(news())).toEqual(['interval_updated', 'interval_updated']);
      engine.snapshot = () => figures(2);
      await pass(3100);
      emit('set_interval', { interval: 60 });
      await pass(1000);
      expect(wordsOf(news()).filter((word) => word !== 'interval_updated')).toEqual(['metrics_update 2']);
    }
  });

  it('is sent what it subscribed to of the snapshot, when that changes', async (test) => {
    const { connect, engine, pass, clock } = setUpMetrics(test);
    const { emit, news } = connect();
    news();
    const sections = ['overview.tasks.total', 'activity', 'overview.costs.haiku_cost'];
    emit('subscribe', { sections: [...sections, 'activity'] });
    await settled();
    const timestamp = clock.now() / 1000;
    expect(news()).toEqual([
      inForce(24, 2, { sections }),
      ['metrics_update', { activity: [], overview: { tasks: { total: 1 } }, timestamp }],
    ]);
    engine.snapshot = () => figures(1, { sessions: { total_sessions: 99 }, more: 1 });
    await pass(6000);
    expect(news()).toEqual([]);
    engine.snapshot = () => figures(2);
    await pass(4000);
    expect(wordsOf(news())).toEqual(['metrics_update 2']);
  });

  it('may subscribe to what is not documented where the engine has it', async (test) => {
    const { connect, engine } = setUpMetrics(test);
    engine.snapshot = () => figures(1, { queue: { length: 7 } });
    const { emit, news } = connect();
    emit('subscribe', { sections: ['queue.length'] });
    expect(wordsOf(news())).toEqual(['connected', 'error']);
    emit('subscribe');
    await settled();
    news();
    emit('subscribe', { sections: ['queue.length'] });
    expect(news().at(-1)?.[1]).toMatchObject({ queue: { length: 7 } });
  });

  it('is told where no more views are to be had, and keeps the one that it has', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test, { maxViews: 2 });
    const { emit, news } = connect(operator);
    emit('subscribe');
    await settled();
    news();
    emit('subscribe', { hours: 5 });
    emit('set_interval', { interval: 7 });
    const error = 'too many different views are in use, or half of them by you (MAX_RENDITIONS)';
    expect(news().map(([type, data]) => [type, data.error])).toEqual([
      ['error', `subscribe: ${error}`],
      ['error', `set_interval: ${error}`],
    ]);
    engine.snapshot = () => figures(2);
    await pass(4000);
    expect(wordsOf(news())).toEqual(['metrics_update 2']);
  });

  it('may always have the view without options', async (test) => {
    const { connect } = setUpMetrics(test, { maxViews: 1 });
    connect().emit('subscribe', { hours: 5 });
    const { emit, news } = connect(operator);
    emit('subscribe', { hours: 6 });
    emit('subscribe', {});
    await settled();
    expect(wordsOf(news())).toEqual(['connected', 'error', 'subscribed', 'metrics_update 1']);
  });

  it('says of itself what it sees', async (test) => {
    const { connect, sessions } = setUpMetrics(test);
    const { emit } = connect();
    const view = () => sessions.states(1)[0]?.view;
    expect(view()).toBe('none');
    emit('subscribe', { hours: 3, sections: ['activity'] });
    expect(view()).toBe('hours=3&interval=2&sections=activity');
  });
});
