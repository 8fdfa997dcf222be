import { describe, expect, it } from 'vitest';
import { isoTime } from '../../../src/core/clock.ts';
import { settled, type TestScope } from '../../support/wait.ts';
import { figures, setUpMetrics, wordsOf } from './set-up.ts';

const failed = 'The engine gives no metrics: the engine failed to answer (HTTP 500)';

describe('Those who watch a range whose polls fail', () => {
  it('are told once and at once, whatever their interval, and of the end at once, even with the same data', async (test) => {
    const { connect, stream, engine, pass, clock } = setUpMetrics(test);
    const [fast, slow, viewer] = [connect(), connect(), stream('interval=60')];
    fast.emit('subscribe', { update_interval: 1 });
    slow.emit('subscribe', { update_interval: 60, sections: ['activity'] });
    await pass(500);
    const all = [fast, slow, viewer];
    for (const { news } of all) news();
    engine.fail();
    await pass(600);
    const timestamp = (clock.now() - 100) / 1000;
    for (const { news } of all) expect(news()).toEqual([['error', { error: failed, timestamp }]]);
    await pass(30_000);
    for (const { news } of all) expect(news()).toEqual([]);
    engine.failure = undefined;
    await pass(1000);
    expect(wordsOf(fast.news())).toEqual(['metrics_update 1']);
    expect(wordsOf(slow.news())).toEqual(['metrics_update']);
    expect(wordsOf(viewer.news())).toEqual(['metrics_update 1']);
  });

  it('are sent it on a stream as an event of another name, without a position', async (test) => {
    const { stream, engine, pass } = setUpMetrics(test);
    const { transport } = stream();
    await settled();
    engine.fail();
    await pass(2000);
    expect(transport.messages.map(({ streamEvent }) => streamEvent)).toEqual([undefined, 'error_info']);
  });

  it('are told of a fault that begins again a second after the last one at the earliest', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('subscribe', { update_interval: 1 });
    await settled();
    news();
    for (let count = 0; count < 5; count += 1) {
      engine.fail();
      await pass(1000);
      engine.failure = undefined;
      await pass(1000);
    }
    expect(wordsOf(news()).filter((word) => word === 'error').length).toBe(5);
  });

  it('are told where the engine has no such endpoint', async (test) => {
    const { connect, engine } = setUpMetrics(test);
    engine.fail(404);
    const { emit, events } = connect();
    emit('subscribe');
    await settled();
    expect(events().at(-1)?.[1].error).toBe(
      'The engine serves no metrics: it has nothing at /api/metrics/overview (HTTP 404)',
    );
  });

  it('are told where nothing is known yet, and sent the first snapshot when it comes', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    engine.fail();
    const { emit, events } = connect();
    emit('subscribe', { update_interval: 60 });
    await settled();
    expect(wordsOf(events())).toEqual(['connected', 'subscribed', 'error']);
    engine.failure = undefined;
    await pass(60_000);
    expect(wordsOf(events()).slice(3)).toEqual(['metrics_update 1']);
  });

  it.for<[string, unknown]>([
    ['no object', [1]],
    ['no overview', { sessions: {} }],
    ['an overview that is a text', { overview: 'all well' }],
    ['the word that it is offline', { error: 'no database', status: 'offline' }],
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['what is nested too deep', `${'{"overview":'.repeat(100)}1${'}'.repeat(100)}`],
    ['keys that are not allowed', '{"overview":{"__proto__":{"polluted":true}}}'],
  ])('keep what they have where it answers %s', async ([, answer], test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    emit('subscribe');
    await settled();
    news();
    engine.snapshot = () => (typeof answer === 'string' ? answer : JSON.stringify(answer));
    await pass(4000);
    expect(wordsOf(news())).toEqual(['error']);
    emit('subscribe');
    expect(wordsOf(news())).toEqual(['subscribed', 'metrics_update 1', 'error']);
  });
});

describe('Those who watch an engine that answers the same snapshot for ever', () => {
  /** Of an engine whose clock went with ours, and then stood still. */
  async function watch(test: TestScope, maxAgeMs?: number) {
    const setUp = setUpMetrics(test, maxAgeMs === undefined ? {} : { maxAgeMs });
    const { connect, engine, clock, pass } = setUp;
    const answerAt = (timestamp: number, total = 1) => {
      engine.snapshot = () => ({ ...figures(total), timestamp });
    };
    engine.snapshot = () => ({ ...figures(1), timestamp: clock.now() / 1000 });
    const client = connect();
    client.emit('subscribe', { update_interval: 1 });
    await pass(10_000);
    client.news();
    answerAt(clock.now() / 1000);
    return { ...setUp, ...client, answerAt };
  }

  it('are told so after a minute, and once it goes on', async (test) => {
    const { pass, news, answerAt, clock } = await watch(test);
    const since = isoTime(clock.now());
    await pass(60_000);
    expect(news()).toEqual([]);
    await pass(10_000);
    const error = `The engine gives no new metrics: the engine answers, but its timestamp stands still since ${since}`;
    expect(news()).toEqual([['error', { error, timestamp: expect.any(Number) }]]);
    answerAt(clock.now() / 1000);
    await pass(1000);
    expect(wordsOf(news())).toEqual(['metrics_update 1']);
  });

  it('are told nothing of the kind while its figures change', async (test) => {
    const { pass, news, answerAt, clock } = await watch(test);
    const timestamp = clock.now() / 1000;
    for (let total = 2; total < 6; total += 1) {
      answerAt(timestamp, total);
      await pass(50_000);
      expect(wordsOf(news())).toEqual([`metrics_update ${total}`]);
    }
  });

  it.for([
    [5000, 1],
    [0, 0],
  ] as const)('are told so after the limit that was set (%i)', async ([maxAgeMs, errors], test) => {
    const { pass, news } = await watch(test, maxAgeMs);
    await pass(8000);
    expect(wordsOf(news())).toEqual(Array(errors).fill('error'));
    await pass(200_000);
    expect(news()).toEqual([]);
  });

  it.for([{}, { timestamp: 5 }])(
    'are told nothing of the kind where its time never moved: %j',
    async (time, test) => {
      const { connect, engine, pass } = setUpMetrics(test);
      engine.snapshot = () => ({ ...figures(1), ...time });
      const { emit, news } = connect();
      emit('subscribe', { update_interval: 1 });
      await pass(200_000);
      expect(wordsOf(news())).toEqual(['connected', 'subscribed', 'metrics_update 1']);
    },
  );
});

describe('Who comes while polls fail', () => {
  it('is sent what is held, and then that it is not live', async (test) => {
    const { connect, stream, engine, pass } = setUpMetrics(test);
    connect().emit('subscribe');
    await settled();
    engine.fail();
    await pass(2000);
    const [client, viewer] = [connect(), stream()];
    client.emit('subscribe', { update_interval: 60 });
    expect(wordsOf(client.events())).toEqual(['connected', 'subscribed', 'metrics_update 1', 'error']);
    expect(wordsOf(viewer.events())).toEqual(['metrics_update 1', 'error']);
  });

  it('is sent them in this order once its connection takes them', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    connect().emit('subscribe');
    await settled();
    engine.fail();
    await pass(2000);
    const { emit, transport, events } = connect();
    transport.block();
    emit('subscribe', { update_interval: 60 });
    // One after the other, as by polling.
    for (let count = 0; count < 3; count += 1) {
      transport.drain(1);
      await settled();
    }
    expect(wordsOf(events())).toEqual(['connected', 'subscribed', 'metrics_update 1', 'error']);
  });

  it.for<[string[] | undefined]>([[undefined], [['activity']]])(
    'is sent each once, though it changes its interval in between (sections %j)',
    async ([sections], test) => {
      const { connect, engine, pass } = setUpMetrics(test);
      connect().emit('subscribe');
      await settled();
      engine.snapshot = () => figures(2);
      await pass(2000);
      engine.fail();
      await pass(2000);
      const { emit, transport, news } = connect();
      news();
      transport.block();
      emit('subscribe', sections === undefined ? {} : { sections });
      transport.drain(2);
      await settled();
      emit('set_interval', { interval: 7 });
      transport.drain();
      await settled();
      const types = news().map(([type]) => type);
      expect(types).toEqual(['subscribed', 'metrics_update', 'interval_updated', 'error']);
    },
  );

  it.for([2, 60])(
    'is sent that alone and at once, where it holds the snapshot (interval %i)',
    async (interval, test) => {
      const { stream, engine, pass } = setUpMetrics(test);
      const first = stream();
      await settled();
      const { position } = first.transport.messages[0] ?? {};
      engine.fail();
      await pass(2000);
      first.transport.end();
      const back = stream(`since=${position}&interval=${interval}`);
      expect(wordsOf(back.events())).toEqual(['error']);
      await pass(4000);
      expect(wordsOf(back.events())).toEqual(['error']);
    },
  );
});

describe('Who was told that polls fail, and comes back when they no longer do', () => {
  it.for([2, 5])('is sent the snapshot, even if it is the same (interval %i)', async (interval, test) => {
    const { stream, engine, pass } = setUpMetrics(test);
    const [first] = [stream(), stream('interval=10')];
    await settled();
    const { position } = first.transport.messages[0] ?? {};
    engine.fail();
    await pass(2000);
    expect(wordsOf(first.events())).toEqual(['metrics_update 1', 'error']);
    first.transport.end();
    engine.failure = undefined;
    await pass(10_000);
    const back = stream(`since=${position}&interval=${interval}`);
    expect(wordsOf(back.events())).toEqual(['metrics_update 1']);
    const { position: newest } = back.transport.messages[0] ?? {};
    expect(wordsOf(stream(`since=${newest}&interval=${interval}`).events())).toEqual([]);
  });
});

describe('A client that takes nothing', () => {
  it('is sent the newest once it does, and nothing of what was before', async (test) => {
    const { connect, stream, engine, pass, meter } = setUpMetrics(test);
    const [client, viewer] = [connect(), stream('interval=1')];
    client.emit('subscribe', { update_interval: 1 });
    await settled();
    for (const { transport, news } of [client, viewer]) {
      news();
      transport.block();
    }
    const made = () => meter.observations('bff_encode_seconds');
    const before = made();
    for (let total = 2; total <= 9; total += 1) {
      engine.snapshot = () => figures(total);
      await pass(1000);
    }
    // Nobody could take them, so nobody made them.
    expect(made()).toBe(before);
    for (const { transport } of [client, viewer]) transport.drain();
    await pass(2000);
    expect([wordsOf(client.news()), wordsOf(viewer.news())]).toEqual([
      ['metrics_update 9'],
      ['metrics_update 9'],
    ]);
  });

  it('is sent the newest snapshot and then the fault, where both came meanwhile', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, transport, news } = connect();
    emit('subscribe', { update_interval: 1 });
    await settled();
    news();
    transport.block();
    engine.snapshot = () => figures(2);
    await pass(2000);
    engine.fail();
    await pass(2000);
    transport.drain();
    await pass(2000);
    expect(wordsOf(news())).toEqual(['metrics_update 2', 'error']);
  });
});
