import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settled } from '../../support/wait.ts';
import { figures, setUpMetrics, wordsOf } from './set-up.ts';

describe('The engine', () => {
  it('is asked once an interval for all who watch the same range', async (test) => {
    const { connect, stream, engine, pass } = setUpMetrics(test);
    for (let count = 0; count < 9; count += 1) connect().emit('subscribe', { hours: 24 });
    stream('hours=24&interval=2');
    connect().emit('subscribe', { hours: 1, update_interval: 5 });
    await pass(60_000);
    expect([engine.count(24), engine.count(1)]).toEqual([31, 13]);
    expect(engine.requests.slice(0, 3)).toMatchObject([
      { hours: '24', at: 0 },
      { hours: '1', at: 0 },
      { hours: '24', at: 2000 },
    ]);
  });

  it('is asked at the shortest interval of those who watch, as soon as it is due', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const [slow, fast] = [connect(), connect()];
    slow.emit('subscribe', { update_interval: 60 });
    await pass(10_000);
    expect(engine.count(24)).toBe(1);
    fast.emit('subscribe', { update_interval: 4 });
    await settled();
    expect(engine.count(24)).toBe(2);
    await pass(4000);
    expect(engine.count(24)).toBe(3);
    fast.emit('set_interval', { interval: 1 });
    await pass(2000);
    expect(engine.count(24)).toBe(5);
    fast.emit('unsubscribe');
    await pass(59_000);
    expect(engine.count(24)).toBe(5);
    await pass(2000);
    expect(engine.count(24)).toBe(6);
  });

  it('is asked nothing once nobody watches', async (test) => {
    const { connect, stream, engine, pass } = setUpMetrics(test);
    const [client, viewer, ended] = [connect(), stream(), connect()];
    client.emit('subscribe');
    ended.emit('subscribe');
    await pass(5000);
    const before = engine.count(24);
    client.emit('unsubscribe');
    viewer.transport.end();
    ended.transport.end();
    await pass(120_000);
    expect(engine.count(24)).toBe(before);
  });

  it('that hangs is not asked twice at once, nor afterwards for the time lost', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test, { pollTimeoutMs: 5000 });
    connect().emit('subscribe', { update_interval: 1 });
    await settled();
    engine.isHeld = true;
    await pass(4900);
    expect(engine.count(24)).toBe(2);
    await engine.release();
    await pass(2000);
    expect(engine.count(24)).toBe(4 + 1);
  });

  it('is asked at most once a second by one who comes and goes', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const { emit, news } = connect();
    for (let count = 0; count < 50; count += 1) {
      emit('subscribe', { update_interval: 1 });
      await pass(50);
      emit('unsubscribe');
      await pass(50);
    }
    expect(engine.count(24)).toBeLessThanOrEqual(6);
    expect(wordsOf(news()).filter((word) => word === 'metrics_update 1').length).toBeGreaterThan(40);
  });

  it('is never asked later than one interval after the last one left, whatever they do', async (test) => {
    const step = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom('subscribe', 'unsubscribe', 'set_interval', 'end'),
      interval: fc.integer({ min: 1, max: 10 }),
      pass: fc.integer({ min: 0, max: 40 }).map((tenths) => tenths * 100),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const { connect, engine, pass, clock } = setUpMetrics(test);
        const clients = [connect(), connect(), connect()];
        const watching = new Map<number, number>();
        for (const { who, what, interval, pass: ms } of steps) {
          const client = clients[who];
          if (what === 'end') {
            client?.transport.end();
            watching.delete(who);
            clients[who] = connect();
          } else {
            client?.emit(what, what === 'subscribe' ? { update_interval: interval } : { interval });
            if (what === 'subscribe' || (what === 'set_interval' && watching.has(who)))
              watching.set(who, interval);
            if (what === 'unsubscribe') watching.delete(who);
          }
          await settled();
          const [from, before] = [clock.monotonic(), engine.requests.length];
          await pass(ms);
          const shortest = Math.min(...watching.values()) * 1000;
          const asked = engine.requests.slice(before).map(({ at }) => at);
          if (watching.size === 0) expect(asked).toEqual([]);
          for (const [index, at] of asked.entries()) {
            if (index > 0) expect(at - (asked[index - 1] ?? 0)).toBe(shortest);
          }
          // None is missing either.
          if (watching.size > 0) {
            const last = engine.requests.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
            expect(clock.monotonic() - last).toBeLessThan(shortest);
            expect(asked.length).toBeLessThanOrEqual((clock.monotonic() - from) / shortest + 1);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is asked for ranges over connections that keep other polls from nothing', async (test) => {
    const { connect, engine } = setUpMetrics(test);
    connect().emit('subscribe');
    await settled();
    expect(engine.requests.map(({ lane }) => lane)).toEqual(['keyed']);
  });
});

describe('A range that nobody watched for a while', () => {
  it('shows nothing before the next poll has ended, and then the snapshot in the same epoch', async (test) => {
    const { connect, stream, engine, pass } = setUpMetrics(test);
    const first = stream();
    await settled();
    const { position } = first.transport.messages[0] ?? {};
    first.transport.end();
    await pass(20_000);
    engine.isHeld = true;
    const [client, back] = [connect(), stream(`since=${position}`)];
    client.emit('subscribe');
    await pass(500);
    expect(wordsOf(client.events())).toEqual(['connected', 'subscribed']);
    await engine.release();
    expect(wordsOf(client.news())).toEqual(['connected', 'subscribed', 'metrics_update 1']);
    await pass(10_000);
    expect(back.events()).toEqual([]);
    engine.snapshot = () => figures(2);
    await pass(4000);
    expect([wordsOf(client.news()), wordsOf(back.news())]).toEqual([
      ['metrics_update 2'],
      ['metrics_update 2'],
    ]);
    const epoch = position?.split('-')[0] ?? '';
    expect(back.transport.messages[0]?.position).toMatch(new RegExp(`^${epoch}-\\d+$`));
  });

  it('shows what has changed meanwhile to one who comes back', async (test) => {
    const { stream, engine, pass } = setUpMetrics(test);
    const first = stream();
    await settled();
    const { position } = first.transport.messages[0] ?? {};
    first.transport.end();
    await pass(5000);
    engine.snapshot = () => figures(2);
    const back = stream(`since=${position}`);
    await settled();
    expect(wordsOf(back.events())).toEqual(['metrics_update 2']);
  });

  it('is not called late meanwhile', async (test) => {
    const { stream, pass, log, meter, board } = setUpMetrics(test);
    const first = stream();
    await pass(3000);
    first.transport.end();
    await pass(25_000);
    stream();
    await pass(60_000);
    const lines = log.entries.filter(({ message }) => message === 'source status');
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ source: 'metrics/24h', status: 'fresh' }]);
    expect(meter.value('bff_source_up', { source: 'metrics/24h' })).toBe(1);
    // No other dialect shows it.
    expect(board.states).toEqual({});
  });

  it('keeps no past snapshots, which would take the place of those of other feeds', async (test) => {
    const { connect, engine, pass, feeds } = setUpMetrics(test);
    let total = 0;
    engine.snapshot = () => {
      total += 1;
      return figures(total);
    };
    connect().emit('subscribe', { update_interval: 1 });
    await pass(5000);
    const feed = feeds.find('metrics/24');
    expect(feed?.current.seq).toBeGreaterThan(5);
    expect(feed?.oldest).toBe(feed?.current);
  });

  it('is forgotten after 30 s', async (test) => {
    const { stream, pass, feeds } = setUpMetrics(test);
    const first = stream();
    await settled();
    first.transport.end();
    await pass(29_900);
    expect(feeds.find('metrics/24')).toBeDefined();
    await pass(200);
    expect(feeds.find('metrics/24')).toBeUndefined();
  });
});
