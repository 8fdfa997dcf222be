import { describe, expect, it } from 'vitest';
import { createNudgedClock } from '../../../src/client/share/nudged-clock.ts';
import type { Clock } from '../../../src/core/clock.ts';
import { createManualClock } from '../../support/manual-clock.ts';

/** As in a page that has been hidden for minutes: time goes on, timers do not. */
function setUp() {
  const time = createManualClock();
  const asleep: Clock = { ...time, after: () => () => {}, every: () => () => {} };
  const ran: string[] = [];
  return { time, clock: createNudgedClock(asleep), ran };
}

describe('a clock that is nudged', () => {
  it('runs what is due, once, and nothing else', () => {
    const { time, clock, ran } = setUp();
    clock.after(100, () => ran.push('due'));
    clock.after(300, () => ran.push('later'));
    time.advance(200);
    clock.nudge();
    clock.nudge();
    expect(ran).toEqual(['due']);
  });

  it('runs what comes again and again once a nudge, however much of it is due', () => {
    const { time, clock, ran } = setUp();
    const cancel = clock.every(100, () => ran.push('tick'));
    time.advance(1000);
    clock.nudge();
    expect(ran).toEqual(['tick']);
    time.advance(100);
    clock.nudge();
    expect(ran).toEqual(['tick', 'tick']);
    cancel();
    time.advance(100);
    clock.nudge();
    expect(ran).toHaveLength(2);
  });

  it('runs nothing that was cancelled by what ran before it', () => {
    const { time, clock, ran } = setUp();
    clock.after(100, () => cancel());
    const cancel = clock.after(100, () => ran.push('cancelled'));
    time.advance(100);
    clock.nudge();
    expect(ran).toEqual([]);
  });

  it('runs nothing twice where timers do run', () => {
    const time = createManualClock();
    const clock = createNudgedClock(time);
    const ran: string[] = [];
    clock.after(100, () => ran.push('once'));
    const cancel = clock.every(100, () => ran.push('each'));
    time.advance(250);
    clock.nudge();
    expect(ran).toEqual(['once', 'each', 'each']);
    cancel();
    expect(time.timers).toBe(0);
  });
});
