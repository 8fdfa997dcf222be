import { describe, expect, it } from 'vitest';
import { priced, second, setUpAggregate, setUpPolled, state, undated } from './aggregate-set-up.ts';

describe('Aggregate between a poll and an event', () => {
  it('keeps an event that came while the poll was in flight, where neither carries a time', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ market: { price: 500 }, risk: 1 });
    answer(priced(450));
    expect(subject.document).toMatchObject({ market: { price: 500, symbol: 'SPY' }, risk: 1 });
    expect(subject.arbitrated()).toBe(2);
  });

  it('takes the answer of a poll that was started after the event', () => {
    const subject = setUpPolled();
    subject.event({ market: { price: 500 }, risk: 1 });
    subject.poll(priced(450));
    expect(subject.price()).toBe(450);
    expect(subject.document).not.toHaveProperty('risk');
    expect(subject.arbitrated()).toBe(0);
  });

  it('keeps the event where its engine time is newer than that of the answer in flight', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ timestamp: second(5), market: { price: 500 } });
    answer(priced(450, second(4)));
    expect(subject.document).toMatchObject({ timestamp: second(5), market: { price: 500 } });
  });

  it('takes the answer in flight where its engine time is newer than that of the event', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ timestamp: second(5), market: { price: 500 } });
    answer(priced(450, second(6)));
    expect(subject.document).toMatchObject({ timestamp: second(6), market: { price: 450 } });
    expect(subject.arbitrated()).toBe(0);
  });

  it('keeps the event on a tie', () => {
    const subject = setUpPolled();
    subject.event({ timestamp: second(5), market: { price: 500 } });
    subject.poll(priced(450, second(5)));
    expect(subject.price()).toBe(500);
  });

  it('keeps an event through any number of answers that are not newer, then lets go for good', () => {
    const subject = setUpPolled();
    subject.event({ timestamp: second(9), market: { price: 500 } });
    for (const time of [9, 8, 9, 9, 7, 9]) subject.poll(priced(440 + time, second(time)));
    expect(subject.price()).toBe(500);
    subject.poll(priced(450, second(10)));
    expect(subject.price()).toBe(450);
    subject.poll(priced(451, second(9)));
    expect(subject.price()).toBe(451);
  });

  it.each([
    ['the event', { market: { price: 500 } }, priced(450, second(9))],
    ['the answer', { timestamp: second(9), market: { price: 500 } }, priced(450)],
  ])('goes by arrival where only %s lacks a time', (_who, event, body) => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event(event);
    answer(body);
    expect(subject.price()).toBe(500);
    subject.poll(body);
    expect(subject.price()).toBe(450);
  });

  it('protects each leaf on its own', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ market: { price: 500 } });
    answer({ ...priced(450), market: { ...state.market, price: 450, alpha: 9 }, status: 'HALT' });
    expect(subject.document).toMatchObject({ status: 'HALT', market: { price: 500, alpha: 9 } });
  });

  it('protects a removal and a null as it does a value', () => {
    const subject = setUpAggregate();
    subject.poll({ ...state, risk: { var: 1, limit: 2 } });
    const answer = subject.start();
    subject.event({ risk: { var: null }, market: { price: null } });
    answer({ ...state, risk: { var: 1, limit: 2 } });
    expect(subject.document).toMatchObject({ market: { price: null } });
    expect(subject.section('risk')).toEqual({ limit: 2 });
  });

  it('does not let an answer of one source end what protects the section of another', () => {
    const subject = setUpPolled();
    subject.poll({ A: { latency_ms: 1 } }, 'agents');
    const answer = subject.start('agents');
    subject.event({ agents: { A: { latency_ms: 2 } } });
    subject.poll(state);
    subject.poll({}, 'models');
    answer({ A: { latency_ms: 1 } });
    expect(subject.section('agents')).toEqual({ A: { latency_ms: 2 } });
    subject.poll({ A: { latency_ms: 3 } }, 'agents');
    expect(subject.section('agents')).toEqual({ A: { latency_ms: 3 } });
  });

  it('counts only what an answer would have undone', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ market: { price: 450, alpha: 7 } });
    answer(priced(450));
    expect(subject.arbitrated()).toBe(1);
  });

  it('does not mix symbols: with another one in the answer, no event of the last stays', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ timestamp: second(9), market: { price: 500 }, portfolio: { nav: 7 } });
    answer({ ...undated, market: { symbol: 'QQQ', price: 300 } });
    expect(subject.section('market')).toEqual({ symbol: 'QQQ', price: 300 });
    expect(subject.section('portfolio')).toMatchObject({ nav: 7 });
  });

  it('keeps an event that came before the first answer, which it overtook', () => {
    const subject = setUpAggregate();
    const answer = subject.start();
    subject.event({ timestamp: second(9), status: 'HALT', market: { price: 150 } });
    answer(priced(100, second(5)));
    expect(subject.document).toMatchObject({ status: 'HALT', market: { symbol: 'SPY', price: 150 } });
  });

  it('keeps an event where the answer does not say which symbol it is about', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ market: { price: 500 } });
    answer({ ...undated, market: { symbol: null, price: 450 } });
    expect(subject.section('market')).toEqual({ symbol: null, price: 500 });
  });

  it('keeps the object that an event made of a scalar, against an older answer', () => {
    const subject = setUpPolled();
    const answer = subject.start();
    subject.event({ risk: 5 });
    subject.event({ risk: {} });
    answer({ ...undated, risk: 3 });
    expect(subject.section('risk')).toEqual({});
  });
});
