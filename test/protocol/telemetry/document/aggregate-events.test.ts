import { describe, expect, it } from 'vitest';
import { second, setUpAggregate, setUpPolled, state } from './aggregate-set-up.ts';

describe('Aggregate, fed by events', () => {
  it('merges a partial event and leaves the rest alone', () => {
    const subject = setUpPolled();
    expect(subject.event({ market: { price: 451 }, note: { by: 'desk' } })).toBe(true);
    expect(subject.document).toMatchObject({
      market: { ...state.market, price: 451 },
      portfolio: state.portfolio,
      note: { by: 'desk' },
    });
  });

  it('merges into a document that no poll has filled yet, which still says that nothing is known', () => {
    const subject = setUpAggregate();
    expect(subject.event({ market: { symbol: 'SPY', price: 1 } })).toBe(true);
    expect(subject.document).toMatchObject({
      status: 'INITIALIZING',
      market: { symbol: 'SPY', price: 1, regime: '' },
      signal: { side: 'FLAT' },
    });
  });

  it('shows no zero as a figure once an event has told the status, though no poll has been answered', () => {
    const subject = setUpAggregate();
    subject.event({ market: { symbol: 'SPY', price: 1 } });
    expect(subject.event({ status: 'HALT', market: { velocity: 0 } })).toBe(true);
    expect(subject.document).toMatchObject({
      status: 'HALT',
      market: { symbol: 'SPY', price: 1, velocity: 0, regime: null, alpha: null },
      portfolio: { nav: null, daily_pnl: null },
      signal: { side: null, reasoning: null },
      logs: [],
    });
  });

  it('takes the envelope off', () => {
    const subject = setUpPolled();
    expect(subject.event({ type: 'STATE_UPDATE', data: { market: { price: 451 } }, seq: 5 })).toBe(true);
    expect(subject.document).toMatchObject({ market: { price: 451 } });
    for (const key of ['type', 'data', 'seq']) expect(subject.document).not.toHaveProperty(key);
  });

  it('refuses an envelope around something that must not be in an event', () => {
    const subject = setUpPolled();
    const before = subject.document;
    expect(subject.event('{"type":"x","data":{"__proto__":{"polluted":1}}}')).toBe(false);
    expect(subject.document).toBe(before);
  });

  it.each([
    ['market', 'symbol'],
    ['market', 'price'],
    ['portfolio', 'nav'],
    ['signal', 'side'],
    ['governance', 'approved_size'],
  ])('shows a documented scalar that is set to null as null: %s.%s', (section, field) => {
    const subject = setUpPolled();
    expect(subject.event({ [section]: { [field]: null } })).toBe(true);
    expect(subject.document).toHaveProperty([section, field], null);
  });

  it('shows a status that is set to null as null', () => {
    const subject = setUpPolled();
    subject.event({ status: null });
    expect(subject.section('status')).toBeNull();
  });

  it('removes any other key that is set to null', () => {
    const subject = setUpAggregate();
    subject.poll({ ...state, risk: { var: 1, limit: 2 }, market: { ...state.market, bid: 1 } });
    subject.poll({ A: { x: 1 }, B: {} }, 'agents');
    subject.event({
      risk: { var: null },
      market: { bid: null, ask: null },
      agents: { A: null },
      nothing: null,
    });
    expect(subject.section('risk')).toEqual({ limit: 2 });
    expect(subject.section('market')).toEqual(state.market);
    expect(subject.section('agents')).toEqual({ B: {} });
    subject.event({ risk: null });
    expect(subject.document).not.toHaveProperty('risk');
    expect(subject.document).not.toHaveProperty('nothing');
  });

  it.each(['market', 'portfolio', 'signal', 'governance', 'logs', 'agents', 'models'])(
    'never removes the section %s, and applies the rest of the event',
    (section) => {
      const subject = setUpPolled();
      const before = subject.section(section);
      expect(subject.event({ [section]: null, status: 'HALT' })).toBe(true);
      expect(subject.section(section)).toEqual(before);
      expect(subject.section('status')).toBe('HALT');
      expect(subject.refused('section_removal')).toBe(1);
    },
  );

  it('drops and counts "sources" in an event, and applies the rest', () => {
    const subject = setUpPolled();
    expect(subject.event({ sources: { state: { status: 'fresh' } }, status: 'HALT' })).toBe(true);
    expect(subject.document).toMatchObject({ status: 'HALT', sources: {} });
    expect(subject.refused('sources_key')).toBe(1);
  });

  it('brings logs and agents of an event to their documented shape', () => {
    const subject = setUpPolled();
    const now = new Date(subject.clock.now() + 10).toISOString();
    subject.event({ logs: ['margin call'], agents: [{ name: 'A', latency_ms: 1 }] });
    expect(subject.section('logs')).toEqual([{ level: 'INFO', message: 'margin call', timestamp: now }]);
    expect(subject.section('agents')).toEqual({ A: { latency_ms: 1 } });
  });

  it('merges agents and models of an event in any of their shapes', () => {
    const subject = setUpPolled();
    subject.poll({ A: { x: 1 }, B: { x: 1 } }, 'agents');
    for (const [index, agents] of [
      { A: { x: 1 } },
      [{ name: 'A', x: 2 }],
      { agents: [{ name: 'A', x: 3 }] },
      { agents: { A: { x: 4 } } },
    ].entries()) {
      subject.event({ agents });
      expect(subject.section('agents')).toEqual({ A: { x: index + 1 }, B: { x: 1 } });
    }
    subject.event({ models: { models: { M: [1, 2] } } });
    expect(subject.section('models')).toEqual({ M: [1, 2] });
  });

  it.each([
    ['2026-06-01T14:00:05.123456+02:00', '2026-06-01T12:00:05.123456Z'],
    ['2026-06-01 12:00:05,5', '2026-06-01T12:00:05.5Z'],
    [1_780_315_205_250, '2026-06-01T12:00:05.250Z'],
  ])('shows the timestamp %s in UTC', (timestamp, shown) => {
    const subject = setUpPolled();
    subject.event({ timestamp });
    expect(subject.section('timestamp')).toBe(shown);
    subject.poll({ ...state, timestamp });
    expect(subject.section('timestamp')).toBe(shown);
  });

  it('moves the timestamp forward only', () => {
    const subject = setUpPolled();
    subject.event({ timestamp: second(5), status: 'HALT' });
    expect(subject.section('timestamp')).toBe(second(5));
    subject.event({ timestamp: second(3), status: 'ACTIVE' });
    subject.event({ timestamp: null, market: { price: 1 } });
    expect(subject.document).toMatchObject({ timestamp: second(5), status: 'ACTIVE', market: { price: 1 } });
  });
});
