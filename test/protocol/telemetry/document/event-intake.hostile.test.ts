import { describe, expect, it } from 'vitest';
import { countMembers } from '../../../../src/core/json.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

const keys = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => `"k${from + index}":0`).join(',');
const mebibyte = 1024 * 1024;

describe('A flood of keys by events', () => {
  it('is refused from 5,001 members on, counted, and nothing of it applied', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    const before = subject.document;
    expect(subject.event(`{"status":"HALT","more":{${keys(4999)}}}`)).toBe(false);
    expect(subject.refused('too_many')).toBe(1);
    expect(subject.document).toBe(before);
    expect(subject.event(`{"status":"HALT","more":{${keys(4998)}}}`)).toBe(true);
    expect(subject.document.status).toBe('HALT');
  });

  it('does not fill the document, and keeps no halt out of it', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    const taken = Array.from({ length: 30 }, (_, part) =>
      subject.event(`{"more":{${keys(4900, part * 4900)}}}`),
    );
    expect(taken.filter((isTaken) => isTaken).length).toBeLessThan(15);
    expect(countMembers(subject.document)).toBeLessThan(70_000);
    expect(subject.event('{"status":"HALT"}')).toBe(true);
    expect(subject.document.status).toBe('HALT');
    subject.poll({ ...state, timestamp: second(1) });
    expect(subject.event('{"status":"HALT"}')).toBe(true);
  });
});

describe('A flood of long events that are refused', () => {
  it('is not read any more, and keeps no halt out', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    const long = `{"note":"${'x'.repeat(mebibyte - 100)}","constructor":1}`;
    for (let event = 0; event < 50; event += 1) subject.event(long);
    expect(subject.refused('forbidden_key')).toBeLessThan(5);
    expect(subject.refused('forbidden_key') + subject.refused('flood')).toBe(50);
    expect(subject.event('{"status":"HALT"}')).toBe(true);
    expect(subject.document.status).toBe('HALT');
    subject.clock.advance(2000);
    expect(subject.event(`{"note":"${'x'.repeat(mebibyte - 100)}"}`)).toBe(true);
  });
});
