import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

const priceNote = 'market.price: expected a number, got a string';
const priced = (price: unknown, more: JsonObject = {}): JsonObject =>
  JSON.parse(JSON.stringify({ ...state, ...more, market: { ...state.market, price } }));
const nothing = { symbol: null, price: null, alpha: null, regime: null, velocity: null, acceleration: null };

function withState() {
  const subject = setUpAggregate();
  subject.poll(state);
  subject.poll({ A: { x: 1 }, B: { x: 2 } }, 'agents');
  return subject;
}

describe('Aggregate, of an answer with fields of a wrong type,', () => {
  it('takes the rest, and names them until an answer has them right', () => {
    const subject = withState();
    subject.poll(priced('high', { timestamp: 'soon', status: 7, logs: 'x', portfolio: [] }));
    expect(subject.document).toMatchObject({
      timestamp: second(0),
      status: null,
      market: { ...state.market, price: null },
      portfolio: { nav: null, cash: null, daily_pnl: null, max_drawdown: null },
      signal: state.signal,
      logs: [],
    });
    expect(subject.notes()).toEqual([
      'timestamp: expected a time, got a string',
      'status: expected a string, got a number',
      priceNote,
      'portfolio: expected an object, got a list',
      'logs: expected a list, got a string',
    ]);
    subject.poll(priced('187.32', { timestamp: second(1) }));
    expect(subject.document).toMatchObject({ market: { price: 187.32 }, timestamp: second(1) });
    expect(subject.notes()).toEqual([]);
  });

  it('names them on their source alone, and of what it owns', () => {
    const subject = withState();
    subject.poll({ ...state, agents: 5 });
    subject.poll({ A: 5, B: { x: 2 } }, 'agents');
    subject.poll({ models: 5 }, 'models');
    expect(subject.document).toMatchObject({ agents: { A: null, B: { x: 2 } }, models: {} });
    expect(subject.notes()).toEqual([]);
    expect(subject.notes('agents')).toEqual(['agents.A: expected an object, got a number']);
    expect(subject.notes('models')).toEqual(['models: expected a map, got a number']);
  });

  it('counts each, and logs what is new, without a value', () => {
    const subject = withState();
    for (let poll = 0; poll < 1000; poll += 1) subject.poll(priced('hunter2', { status: 7 }));
    expect(subject.refused('wrong_type', 'poll')).toBe(2000);
    const lines = subject.log.entries.filter(({ message }) => message === 'field of a wrong type');
    expect(lines).toMatchObject([
      { level: 'warn', fields: { edge: 'poll', detail: expect.any(String), fields: 2 } },
    ]);
    expect(JSON.stringify([subject.log.entries, subject.notes()])).not.toContain('hunter2');
  });

  it('names nothing in whose place an event has said what there is', () => {
    const subject = withState();
    const odd = priced('high', { signal: 'BUY' });
    subject.poll(odd);
    expect(subject.notes()).toHaveLength(2);
    subject.event({ timestamp: second(5), market: { price: 5 }, signal: { side: 'BUY', confidence: 1 } });
    const stillOdd = ['signal: expected an object, got a string'];
    expect(subject.notes()).toEqual(stillOdd);
    subject.poll(odd);
    expect(subject.document).toMatchObject({
      market: { price: 5 },
      signal: { side: 'BUY', reasoning: null },
    });
    expect(subject.notes()).toEqual(stillOdd);
    subject.poll({ ...odd, timestamp: second(6) });
    expect(subject.document).toMatchObject({ market: { price: null }, signal: { side: null } });
    expect(subject.notes()).toEqual([priceNote, ...stillOdd]);
  });

  it('names what is left out of a list, whatever events say of the others', () => {
    const subject = withState();
    subject.poll([{ name: 'A' }, 5, { x: 1 }], 'agents');
    subject.event({ agents: { A: { x: 1 } } });
    subject.poll([{ name: 'A' }, 5, { x: 1 }], 'agents');
    expect(subject.notes('agents')).toEqual([
      'agents[1]: expected an object with a name, got a number',
      'agents[2]: expected an object with a name, got an object',
    ]);
  });

  it('reads on without a status or a symbol', () => {
    const subject = withState();
    subject.poll({ ...state, status: null, market: null });
    expect(subject.document).toMatchObject({ status: null, market: nothing });
    subject.event({ status: 'HALT' });
    subject.poll({ ...state, status: {}, timestamp: second(9) });
    expect(subject.document).toMatchObject({ status: null, market: state.market });
  });
});

describe('Aggregate, of an event with a field of a wrong type,', () => {
  it('applies the rest, and names it until an event has it right', () => {
    const subject = withState();
    expect(subject.event({ status: 'HALT', market: { price: 'high', alpha: 1 } })).toBe(true);
    expect(subject.document).toMatchObject({
      status: 'HALT',
      market: { ...state.market, price: null, alpha: 1 },
    });
    expect(subject.notes()).toEqual([priceNote]);
    subject.event({ market: { alpha: 2 } });
    expect(subject.notes()).toEqual([priceNote]);
    subject.event({ market: { price: '451.5' } });
    expect(subject.section('market')).toEqual({ ...state.market, price: 451.5, alpha: 2 });
    expect(subject.notes()).toEqual([]);
    expect(subject.refused('wrong_type')).toBe(1);
  });

  it('names it until an answer that is newer has it, not one that was under way', () => {
    const subject = withState();
    const answer = subject.start();
    subject.clock.advance(1);
    subject.event({ market: { price: 'high' } });
    answer({ status: 'ACTIVE', market: state.market });
    expect(subject.section('market')).toEqual({ ...state.market, price: null });
    expect(subject.notes()).toEqual([priceNote]);
    subject.poll({ status: 'ACTIVE', market: state.market });
    expect(subject.section('market')).toEqual(state.market);
    expect(subject.notes()).toEqual([]);
  });

  it.each([5, 'SPY', true, []])(
    'knows nothing of a section that is %j, until its fields are said',
    (market) => {
      const subject = withState();
      subject.event({ market: { bid: 1 } });
      expect(subject.event({ market, status: 'HALT' })).toBe(true);
      expect(subject.document).toMatchObject({ status: 'HALT', market: nothing });
      expect(subject.section('market')).not.toHaveProperty('bid');
      const note = [expect.stringMatching(/^market: expected an object, got a/)];
      expect(subject.notes()).toEqual(note);
      const { price, ...others } = state.market;
      subject.event({ market: others });
      expect(subject.notes()).toEqual(note);
      subject.event({ market: { price } });
      expect(subject.section('market')).toEqual(state.market);
      expect(subject.notes()).toEqual([]);
    },
  );

  it.each([5, 'none', [5]])('knows of no agents where they are %j', (agents) => {
    const subject = withState();
    const answer = subject.start('agents');
    subject.clock.advance(1);
    subject.event({ agents });
    expect(subject.section('agents')).toEqual({});
    expect([subject.notes().length, subject.notes('agents').length]).toEqual([0, 1]);
    answer({ A: { x: 1 }, B: { x: 2 } });
    expect(subject.section('agents')).toEqual({});
    subject.poll({ A: { x: 3 } }, 'agents');
    expect(subject.section('agents')).toEqual({ A: { x: 3 } });
    expect(subject.notes('agents')).toEqual([]);
  });

  it('knows nothing of one agent that is no figures, and leaves the others alone', () => {
    const subject = withState();
    subject.event({ agents: { A: 'busy' } });
    expect(subject.section('agents')).toEqual({ B: { x: 2 } });
    expect(subject.notes('agents')).toEqual(['agents.A: expected an object, got a string']);
    subject.event({ agents: { A: { x: 5 } } });
    expect(subject.section('agents')).toEqual({ A: { x: 5 }, B: { x: 2 } });
    expect(subject.notes('agents')).toEqual([]);
  });

  it('leaves out a timestamp that is none, and names it until there is one', () => {
    const subject = withState();
    subject.event({ timestamp: 'now', market: { price: 1 } });
    expect(subject.document).toMatchObject({ timestamp: second(0), market: { price: 1 } });
    expect(subject.notes()).toEqual(['timestamp: expected a time, got a string']);
    subject.event({ timestamp: second(5) });
    expect(subject.notes()).toEqual([]);
  });

  it('has no lines where logs are none', () => {
    const subject = withState();
    subject.event({ logs: { a: 'x' } });
    expect(subject.section('logs')).toEqual([]);
    expect(subject.notes()).toEqual(['logs: expected a list, got an object']);
    subject.event({ logs: [] });
    expect(subject.notes()).toEqual([]);
  });

  it('keeps no more of them than a bound, however many paths there are', () => {
    const subject = withState();
    for (let index = 0; index < 2000; index += 1) subject.event({ agents: { [`agent-${index}`]: index } });
    expect(subject.notes('agents').length).toBeLessThanOrEqual(256);
    subject.poll({}, 'agents');
    expect(subject.notes('agents')).toEqual([]);
  });
});
