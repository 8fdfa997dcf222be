import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson, type JsonObject } from '../../../src/core/json.ts';
import { canonicalSections, narrowed } from '../../../src/protocol/metrics/sections.ts';
import { settled } from '../../support/wait.ts';
import { figures, setUpMetrics, wordsOf } from './set-up.ts';

const sections = ['overview.tasks', 'overview.tasks.total', 'overview.costs', 'sessions', 'activity'];

/** Small, so that parts of it are often the same as before. */
const snapshots = fc.record({
  overview: fc.record({
    tasks: fc.record({ total: fc.nat(1), running: fc.nat(1) }),
    costs: fc.record({ total_cost: fc.nat(1) }, { requiredKeys: [] }),
  }),
  sessions: fc.record({ total_sessions: fc.nat(1) }),
});

describe('An update', () => {
  it('is sent if and only if what is shown differs, or a fault has ended', async (test) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(snapshots, { freq: 4 }), { minLength: 1, maxLength: 12 }),
        fc.option(fc.subarray(sections, { minLength: 1 }), { nil: undefined }),
        async (answers, wanted) => {
          const { connect, engine, pass } = setUpMetrics(test);
          const shownOf = (data: JsonObject) =>
            wanted === undefined ? data : narrowed(data, canonicalSections(wanted));
          const { emit, news } = connect();
          engine.snapshot = () => figures(0);
          emit('subscribe', { update_interval: 1, ...(wanted === undefined ? {} : { sections: wanted }) });
          await pass(1500);
          news();
          let [shown, isFailing] = [shownOf(figures(0)), false];
          for (const answer of answers) {
            engine.failure = undefined;
            if (answer === null) engine.fail();
            else engine.snapshot = () => answer;
            // At least one poll, and a slot after it.
            await pass(3000);
            const told = news();
            if (answer === null) {
              expect(told.map(([type]) => type)).toEqual(isFailing ? [] : ['error']);
              isFailing = true;
            } else if (isFailing || !equalJson(shownOf(answer), shown)) {
              expect(told.map(([type]) => type)).toEqual(['metrics_update']);
              const { timestamp: _, ...data } = told[0]?.[1] ?? {};
              expect(data).toEqual(shownOf(answer));
              [shown, isFailing] = [shownOf(answer), false];
            } else {
              expect(told).toEqual([]);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is made once for all who see the same, and for both transports', async (test) => {
    const { connect, stream, engine, pass, meter } = setUpMetrics(test);
    const clients = Array.from({ length: 50 }, () => connect());
    const viewers = Array.from({ length: 50 }, () => stream());
    for (const { emit } of clients) emit('subscribe');
    await pass(2500);
    const made = meter.observations('bff_encode_seconds');
    engine.snapshot = () => figures(2);
    await pass(4000);
    expect(meter.observations('bff_encode_seconds')).toBe(made + 1);
    const updates = new Set([...clients, ...viewers].map(({ transport }) => transport.messages.at(-1)));
    expect([...updates].map((message) => JSON.parse(`${message?.payload}`).overview.tasks.total)).toEqual([
      2,
    ]);
  });

  it('is made once for all who ask for the same, whatever their interval', async (test) => {
    const { connect, meter } = setUpMetrics(test);
    const clients = Array.from({ length: 30 }, () => connect());
    for (const [index, { emit }] of clients.entries())
      emit('subscribe', { update_interval: 1 + (index % 3), sections: ['activity', 'overview'] });
    for (const { emit } of clients) emit('request_refresh', { hours: 5 });
    await settled();
    for (const { events } of clients)
      expect(wordsOf(events())).toEqual(['connected', 'subscribed', 'metrics_update 1', 'metrics_update 1']);
    expect(meter.observations('bff_encode_seconds')).toBe(2);
  });

  it('comes to each at its own interval', async (test) => {
    const { connect, engine, pass } = setUpMetrics(test);
    const [fast, slow] = [connect(), connect()];
    fast.emit('subscribe', { update_interval: 1 });
    slow.emit('subscribe', { update_interval: 10 });
    await pass(1000);
    for (const { news } of [fast, slow]) news();
    let total = 1;
    engine.snapshot = () => {
      total += 1;
      return figures(total);
    };
    await pass(30_000);
    expect(fast.news().length).toBeGreaterThanOrEqual(28);
    expect(slow.news().length).toBe(3);
  });
});

describe('A stream', () => {
  it('takes its options as the events do', async (test) => {
    const { stream, engine } = setUpMetrics(test);
    for (const query of ['hours=0&interval=99', 'hours=999', 'hours=5.5&interval=0', '']) stream(query);
    await settled();
    expect(engine.requests.map(({ hours }) => hours)).toEqual(['1', '168', '5', '24']);
    for (const [query, error] of [
      ['hours=abc', 'hours: expected a number of hours from 1 to 168'],
      ['hours=', 'hours: expected a number of hours from 1 to 168'],
      ['interval=x', 'interval: expected a number of seconds from 1 to 60'],
    ] as const) {
      expect(() => stream(query)).toThrow(error);
    }
  });

  it('begins with the snapshot where its client holds another', async (test) => {
    const { stream } = setUpMetrics(test);
    const first = stream();
    await settled();
    const { position = '' } = first.transport.messages[0] ?? {};
    const since = (held: string) => wordsOf(stream(`since=${held}`).events());
    expect(since(position)).toEqual([]);
    for (const held of ['', 'x', 'x-1', `${position}1`, position.replace(/\d+$/, '1')])
      expect(since(held)).toEqual(['metrics_update 1']);
  });
});
