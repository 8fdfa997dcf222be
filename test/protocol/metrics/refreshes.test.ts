import { describe, expect, it } from 'vitest';
import { settled } from '../../support/wait.ts';
import { figures, setUpMetrics, wordsOf } from './set-up.ts';

describe('A request for a refresh', () => {
  it('is answered from a fresh poll, also where nothing has changed, and the hub does not say it again', async (test) => {
    const { connect, engine, pass, clock } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('subscribe', { update_interval: 10 });
    await pass(500);
    news();
    emit('request_refresh');
    await settled();
    expect(news()).toEqual([['metrics_update', { ...figures(1), timestamp: clock.now() / 1000 }]]);
    await pass(1000);
    engine.snapshot = () => figures(2);
    emit('request_refresh');
    await settled();
    expect(wordsOf(news())).toEqual(['metrics_update 2']);
    await pass(30_000);
    expect(news()).toEqual([]);
  });

  it('shares the poll that is under way', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    engine.isHeld = true;
    const clients = Array.from({ length: 100 }, () => connect());
    for (const { emit } of clients) emit('request_refresh', { hours: 7 });
    await settled();
    await engine.release();
    expect(engine.count(7)).toBe(1);
    for (const { events } of clients) expect(wordsOf(events())).toEqual(['connected', 'metrics_update 1']);
    // It keeps nobody polling.
    await pass(60_000);
    expect(engine.requests).toHaveLength(1);
  });

  it('costs one request where one client asks a hundred times at once', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, events } = connect();
    for (let count = 0; count < 40; count += 1) emit('request_refresh');
    await pass(3000);
    expect(engine.count(24)).toBe(1);
    expect(wordsOf(events())).toEqual(['connected', 'metrics_update 1']);
  });

  it('is carried out once a second at most, for each range that was asked for meanwhile', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    engine.snapshot = (hours) => figures(Number(hours));
    const { emit, news } = connect();
    news();
    emit('request_refresh', { hours: 5 });
    await settled();
    expect(wordsOf(news())).toEqual(['metrics_update 5']);
    for (const hours of [6, 5, 7, 6]) emit('request_refresh', { hours });
    await pass(900);
    expect(news()).toEqual([]);
    await pass(100);
    expect(wordsOf(news()).sort()).toEqual(['metrics_update 5', 'metrics_update 6', 'metrics_update 7']);
    await pass(5000);
    expect(engine.requests).toHaveLength(4);
  });

  it('of another range leaves the subscription as it is, and is narrowed as it is', async (test) => {
    const { connect, engine, pass, clock } = setUpMetrics(test);
    engine.snapshot = (hours) => figures(Number(hours));
    const { emit, news } = connect();
    emit('subscribe', { sections: ['overview.tasks.total'] });
    await settled();
    news();
    emit('request_refresh', { hours: 5 });
    await settled();
    const timestamp = clock.now() / 1000;
    expect(news()).toEqual([['metrics_update', { overview: { tasks: { total: 5 } }, timestamp }]]);
    await pass(10_000);
    expect([engine.count(5), engine.count(24)]).toEqual([1, 6]);
    engine.snapshot = (hours) => figures(100 + Number(hours));
    await pass(4000);
    expect(wordsOf(news())).toEqual(['metrics_update 124']);
  });

  it('of the range of a subscription that is replaced is answered by the new one', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    engine.snapshot = (hours) => figures(Number(hours));
    const { emit, news } = connect();
    emit('subscribe');
    await settled();
    news();
    engine.isHeld = true;
    emit('request_refresh');
    emit('subscribe', { hours: 1 });
    await pass(100);
    await engine.release();
    await pass(500);
    expect(wordsOf(news())).toEqual(['subscribed', 'metrics_update 1']);
  });

  it.for([true, false])(
    'is answered with what went wrong, once (subscribed: %s)',
    async (isSubscribed, test) => {
      const { connect, engine, pass } = setUpMetrics(test);
      const { emit, news } = connect();
      if (isSubscribed) emit('subscribe', { update_interval: 60 });
      await pass(2000);
      news();
      engine.fail();
      for (let count = 0; count < 2; count += 1) {
        emit('request_refresh');
        await pass(1500);
        expect(wordsOf(news())).toEqual(['error']);
      }
      engine.failure = undefined;
      emit('request_refresh');
      await pass(1500);
      expect(wordsOf(news())).toEqual(['metrics_update 1']);
    },
  );

  it('joins the first poll of a subscription', async (test) => {
    const { connect, engine } = setUpMetrics(test);
    const { emit, events } = connect();
    emit('subscribe');
    emit('request_refresh');
    await settled();
    expect(engine.count(24)).toBe(1);
    expect(wordsOf(events())).toEqual(['connected', 'subscribed', 'metrics_update 1']);
  });

  it('is answered with the newest where the connection takes nothing yet', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news, transport } = connect();
    emit('subscribe', { update_interval: 1 });
    await settled();
    news();
    transport.block();
    emit('request_refresh');
    await pass(500);
    engine.snapshot = () => figures(2);
    await pass(3000);
    transport.drain();
    await pass(2000);
    expect(wordsOf(news())).toEqual(['metrics_update 2']);
  });

  it('has the engine asked ten times a second at most, however many ask one after the other', async (test) => {
    const { connect, engine, clock } = setUpMetrics(test);
    const clients = Array.from({ length: 60 }, () => connect());
    for (const { emit } of clients) {
      emit('request_refresh');
      await settled();
      clock.advance(20);
      await settled();
    }
    expect(engine.count(24)).toBeLessThanOrEqual(12 + 1);
    clock.advance(100);
    await settled();
    for (const { events } of clients) expect(wordsOf(events())).toEqual(['connected', 'metrics_update 1']);
  });
});
