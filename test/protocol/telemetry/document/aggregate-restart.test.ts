import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

const { timestamp: _, ...undated } = state;
const priced = (price: number, timestamp?: string): JsonObject => ({
  ...undated,
  market: { ...state.market, price },
  ...(timestamp === undefined ? {} : { timestamp }),
});

function withState() {
  const subject = setUpAggregate();
  subject.poll(state);
  return subject;
}

describe('Aggregate and an engine whose clock goes back', () => {
  it('keeps the timestamp at the first answer that is older, and its values apply', () => {
    const subject = withState();
    subject.poll(priced(1, second(30)));
    subject.poll(priced(2, second(10)));
    expect(subject.document).toMatchObject({ timestamp: second(30), market: { price: 2 } });
  });

  it('takes the second one in a row for a restart, and forgets events that claim to be newer', () => {
    const subject = withState();
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
    const subject = withState();
    for (const time of [30, 10, 31, 11]) subject.poll(priced(time, second(time)));
    expect(subject.section('timestamp')).toBe(second(31));
  });

  it('does not take answers that an event overtook for a restart', () => {
    const subject = withState();
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
