import { describe, expect, it } from 'vitest';
import { PollFailure } from '../../../../src/source/poll-failure.ts';
import { priced, second, setUpAggregate, setUpPolled, state } from './aggregate-set-up.ts';

const agents = { MacroAgent: { latency_ms: 45.2, success_rate: 0.98 } };
const models = { ChronosService: { latency_ms: 120.5, invocations: 1523 } };

describe('Aggregate, fed by polls', () => {
  it('merges the three answers into one document', () => {
    const subject = setUpAggregate();
    subject.poll(agents, 'agents');
    subject.poll(state);
    subject.poll(models, 'models');
    expect(subject.document).toEqual({ ...state, agents, models, sources: {} });
  });

  it('commits nothing by itself', () => {
    const { poll, feed } = setUpAggregate();
    poll(state);
    expect(feed.position.seq).toBe(1);
    expect(feed.commit()).toBe(true);
    expect(feed.commit()).toBe(false);
  });

  it('lets fields that no page documents pass through', () => {
    const subject = setUpAggregate();
    subject.poll({ ...state, market: { ...state.market, bid: 1 }, risk: { var: [1, null, 'x', true] } });
    expect(subject.document).toMatchObject({ market: { bid: 1 }, risk: { var: [1, null, 'x', true] } });
  });

  it('drops what disappeared from an answer', () => {
    const subject = setUpAggregate();
    subject.poll({ ...state, risk: 1, market: { ...state.market, bid: 1 } });
    subject.poll(state);
    expect(subject.document).not.toHaveProperty('risk');
    expect(subject.section('market')).toEqual(state.market);
    subject.poll({ A: { x: 1 }, B: { x: 2 } }, 'agents');
    subject.poll({ B: { x: 2 } }, 'agents');
    expect(subject.section('agents')).toEqual({ B: { x: 2 } });
  });

  it('leaves to the other sources what is theirs', () => {
    const subject = setUpAggregate();
    subject.poll(agents, 'agents');
    subject.poll({ ...state, agents: { Intruder: {} }, models: { Intruder: {} } });
    subject.poll({ agents: { X: {} }, market: { price: 1 } }, 'models');
    expect(subject.section('agents')).toEqual(agents);
    expect(subject.section('market')).toEqual(state.market);
    expect(subject.section('models')).toEqual({ agents: { X: {} }, market: { price: 1 } });
  });

  it('drops and counts "sources" in an answer', () => {
    const subject = setUpAggregate();
    subject.poll({ ...state, sources: { state: { status: 'fresh' } } });
    expect(subject.section('sources')).toEqual({});
    expect(subject.refused('sources_key', 'poll')).toBe(1);
  });

  it.each([
    ['null', null],
    ['a number', 5],
    ['text', '"ACTIVE"'],
    ['an array', [state]],
  ])('takes %s for a failed poll and no data', (_what, body) => {
    const subject = setUpAggregate();
    expect(() => subject.read('state', body)).toThrow(PollFailure);
    try {
      subject.read('state', body);
    } catch (error) {
      expect(error).toMatchObject({ reason: 'shape' });
      expect(String(error)).not.toMatch(/SPY|450|ACTIVE/);
    }
    expect(subject.document).toEqual(setUpAggregate().document);
  });

  it.each(['agents', 'models'])('takes a map or an array with names for %s, wrapped or not', (name) => {
    const subject = setUpAggregate();
    const figures = [{ name: 'A', latency_ms: 1 }];
    for (const body of [
      figures,
      { [name]: figures },
      { A: { latency_ms: 1 } },
      { [name]: { A: { latency_ms: 1 } } },
    ]) {
      subject.poll(body, name);
      expect(subject.section(name)).toEqual({ A: { latency_ms: 1 } });
      subject.poll({}, name);
      expect(subject.section(name)).toEqual({});
    }
    for (const body of [5, '"x"', null, [1, 2, 3], [{ name: '' }], [{ latency_ms: 1 }]])
      expect(() => subject.read(name, body)).toThrow(PollFailure);
  });

  it('carries integers that no double holds as text, and as the nearest number where one is documented', () => {
    const subject = setUpAggregate();
    subject.poll(
      '{"status":"ACTIVE","market":{"price":9007199254740993},"orders":[{"id":8389765489680951453}]}',
    );
    subject.poll('{"A":{"last_order":8389765489680951453}}', 'agents');
    expect(subject.document).toMatchObject({
      market: { price: 2 ** 53 },
      orders: [{ id: '8389765489680951453' }],
      agents: { A: { last_order: '8389765489680951453' } },
    });
    subject.event('{"orders":[{"id":9007199254740993}],"portfolio":{"nav":-9007199254740993}}');
    expect(subject.document).toMatchObject({
      orders: [{ id: '9007199254740993' }],
      portfolio: { nav: -(2 ** 53) },
    });
    expect(subject.notes()).toEqual([]);
  });

  it('shows null for a number that is not finite', () => {
    const subject = setUpAggregate();
    subject.poll(
      '{"status":"ACTIVE","market":{"symbol":"SPY","price":NaN,"alpha":-Infinity,"velocity":1e999}}',
    );
    expect(subject.section('market')).toEqual({ symbol: 'SPY', price: null, alpha: null, velocity: null });
  });

  it('shows null for a status that the engine does not give, and keeps the newest timestamp', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    subject.poll({ market: state.market });
    expect(subject.document).toMatchObject({ status: null, timestamp: second(0) });
  });

  it('keeps the order of keys, so that one text is like the next', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    const keys = Object.keys(subject.document);
    subject.poll({ extra: 1, ...Object.fromEntries(Object.entries(state).reverse()) });
    expect(Object.keys(subject.document)).toEqual([...keys, 'extra']);
  });
});

describe('Aggregate and an engine whose clock goes back', () => {
  it('keeps the timestamp at the first answer that is older, and its values apply', () => {
    const subject = setUpPolled();
    subject.poll(priced(1, second(30)));
    subject.poll(priced(2, second(10)));
    expect(subject.document).toMatchObject({ timestamp: second(30), market: { price: 2 } });
  });

  it('takes the second one in a row for a restart, and forgets events that claim to be newer', () => {
    const subject = setUpPolled();
    subject.event({ timestamp: second(30), market: { price: 500 } });
    subject.poll(priced(2, second(10)));
    expect(subject.document).toMatchObject({ timestamp: second(30), market: { price: 500 } });
    subject.poll(priced(3, second(11)));
    expect(subject.document).toMatchObject({ timestamp: second(11), market: { price: 3 } });
    expect(subject.log.entries).toMatchObject([{ level: 'warn', fields: { timestamp: second(11) } }]);
    subject.poll(priced(4, second(12)));
    expect(subject.section('timestamp')).toBe(second(12));
  });

  it('does not take two answers for one where a newer one came between them', () => {
    const subject = setUpPolled();
    for (const time of [30, 10, 31, 11]) subject.poll(priced(time, second(time)));
    expect(subject.section('timestamp')).toBe(second(31));
  });

  it('does not take answers that an event overtook for a restart', () => {
    const subject = setUpPolled();
    const answers = [subject.start(), subject.start()];
    subject.event({ timestamp: second(30), status: 'HALT' });
    for (const answer of answers) answer(priced(1, second(10)));
    expect(subject.document).toMatchObject({ timestamp: second(30), status: 'HALT' });
  });

  it('does not take the snapshot from before an event for a restart, however often it is polled', () => {
    const subject = setUpAggregate();
    subject.poll(priced(100, second(5)));
    subject.event({ timestamp: second(6), status: 'HALT', market: { price: 150 } });
    for (let poll = 0; poll < 5; poll += 1) subject.poll(priced(100, second(5)));
    expect(subject.document).toMatchObject({
      timestamp: second(6),
      status: 'HALT',
      market: { price: 150 },
    });
    expect(subject.log.entries).toEqual([]);
    subject.poll(priced(101, second(7)));
    expect(subject.document).toMatchObject({
      timestamp: second(7),
      status: 'ACTIVE',
      market: { price: 101 },
    });
  });

  it('takes an engine for restarted whose clock was set back and stands', () => {
    const subject = setUpAggregate();
    subject.poll(priced(100, second(30)));
    subject.event({ timestamp: second(31), market: { price: 150 } });
    for (let poll = 0; poll < 2; poll += 1) subject.poll(priced(7, second(10)));
    expect(subject.document).toMatchObject({ timestamp: second(10), market: { price: 7 } });
  });
});
