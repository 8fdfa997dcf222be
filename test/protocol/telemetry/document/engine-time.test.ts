import { describe, expect, it } from 'vitest';
import { answerTimeOf, EngineTime } from '../../../../src/protocol/telemetry/document/engine-time.ts';

const at = (second: number) => ({ timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString() });

describe('EngineTime', () => {
  it.each([
    [{ timestamp: '2025-12-21T12:00:00Z' }, Date.UTC(2025, 11, 21, 12)],
    [{ timestamp: '2025-12-21T13:00:00+01:00' }, Date.UTC(2025, 11, 21, 12)],
    [{ timestamp: '2025-12-21T12:00:00.123456Z' }, Date.UTC(2025, 11, 21, 12, 0, 0, 123) + 0.456],
    [{ timestamp: '2025-12-21T12:00:00' }, Date.UTC(2025, 11, 21, 12)],
    [{ timestamp: 1_766_318_400 }, Date.UTC(2025, 11, 21, 12)],
    [{ timestamp: 'soon' }, undefined],
    [{ timestamp: null }, undefined],
    [{ timestamp: true }, undefined],
    [{}, undefined],
  ])('reads %j', (input, time) => {
    const read = EngineTime.of(input);
    if (time === undefined) expect(read).toBeUndefined();
    else expect(read).toBeCloseTo(time, 3);
  });

  it('shows nothing before an input has had a time', () => {
    expect(new EngineTime().afterAnswer({}, 1)).toEqual({ timestamp: undefined });
  });

  it('follows answers forward, in the words of the engine', () => {
    const time = new EngineTime();
    const words = { timestamp: '2026-01-01T01:00:05+01:00' };
    expect(time.afterAnswer(words, 1)).toEqual(words);
    expect(time.afterAnswer({}, 2)).toEqual(words);
    expect(time.afterAnswer(at(6), 3)).toEqual(at(6));
  });

  it('goes back at the second answer in a row that says so', () => {
    const time = new EngineTime();
    time.afterAnswer(at(30), 1);
    expect(time.afterAnswer(at(10), 2)).toEqual(at(30));
    const back = { ...at(11), wentBackTo: EngineTime.of(at(11)) };
    expect(time.afterAnswer(at(11), 3)).toEqual(back);
    expect(time.afterAnswer(at(12), 4)).toEqual(at(12));
  });

  it('takes one step back only, then counts anew', () => {
    const time = new EngineTime();
    for (const [index, second] of [30, 20, 10].entries()) time.afterAnswer(at(second), index + 1);
    expect(time.afterAnswer(at(5), 4)).toEqual(at(10));
    expect(time.afterAnswer(at(5), 5)).toMatchObject({ ...at(5), wentBackTo: EngineTime.of(at(5)) });
  });

  it('does not count an answer that was asked for before the newer time was known', () => {
    const time = new EngineTime();
    time.afterEvent(at(30), 100);
    for (const startedAt of [98, 99, 100]) {
      expect(time.afterAnswer(at(10), startedAt)).toEqual(at(30));
    }
    expect(time.afterAnswer(at(11), 101)).not.toHaveProperty('wentBackTo');
    expect(time.afterAnswer(at(12), 102)).toMatchObject({ wentBackTo: EngineTime.of(at(12)) });
  });

  it('does not count a snapshot that is as new as any was, however often an event has overtaken it', () => {
    const time = new EngineTime();
    time.afterAnswer(at(5), 1);
    time.afterEvent(at(6), 2);
    for (const startedAt of [3, 4, 5]) {
      expect(time.afterAnswer(at(5), startedAt)).toEqual(at(6));
    }
    time.afterEvent(at(8), 6);
    // The next one is older than the event too: one word against it, not three.
    for (const startedAt of [7, 8, 9]) {
      expect(time.afterAnswer(at(7), startedAt)).toEqual(at(8));
    }
  });

  it('counts the same time twice where answers had been further: a clock that was set back and stands', () => {
    const time = new EngineTime();
    time.afterAnswer(at(30), 1);
    expect(time.afterAnswer(at(10), 2)).not.toHaveProperty('wentBackTo');
    expect(time.afterAnswer(at(10), 3)).toMatchObject({ ...at(10), wentBackTo: EngineTime.of(at(10)) });
    expect(time.afterAnswer(at(10), 4)).toEqual(at(10));
  });

  it('counts anew after an event that is newer still, and not after one that is not', () => {
    const time = new EngineTime();
    time.afterAnswer(at(30), 1);
    time.afterAnswer(at(10), 2);
    time.afterEvent(at(31), 3);
    expect(time.afterAnswer(at(11), 4)).toEqual(at(31));
    time.afterEvent(at(12), 5);
    expect(time.afterAnswer(at(13), 6)).toMatchObject({ ...at(13), wentBackTo: EngineTime.of(at(13)) });
  });

  it('lets an event move it forward only', () => {
    const time = new EngineTime();
    expect(time.afterEvent(at(10), 1)).toBe(at(10).timestamp);
    expect(time.afterEvent(at(10), 2)).toBeUndefined();
    expect(time.afterEvent(at(9), 3)).toBeUndefined();
    expect(time.afterEvent({ status: 'HALT' }, 4)).toBeUndefined();
    expect(time.afterEvent(at(11), 5)).toBe(at(11).timestamp);
  });
});

describe('The time of an answer', () => {
  it.each(['HALT', 'INITIALIZING', 'RUNNING'])('may stand still where the status is %s', (status) => {
    const time = EngineTime.of(at(1));
    expect(answerTimeOf({ ...at(1), status })).toEqual({ time, mayStand: true });
  });

  it.each([{}, { status: null }, { status: 'active' }, { status: 'ACTIVE' }])(
    'must move on where the engine runs: %j',
    (answer) => {
      expect(answerTimeOf(answer)).toEqual({ time: undefined, mayStand: false });
    },
  );
});
