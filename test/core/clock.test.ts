import { describe, expect, it } from 'vitest';
import { once, settledWithin } from '../../src/core/clock.ts';
import { createManualClock } from '../support/manual-clock.ts';

it('once does its task the first time only', () => {
  let times = 0;
  const act = once(() => {
    times += 1;
  });
  act();
  act();
  expect(times).toBe(1);
});

describe('settledWithin', () => {
  it.each([
    ['is kept', () => Promise.resolve()],
    ['is broken', () => Promise.reject(new Error('broken'))],
  ])('resolves with a promise that %s, and leaves no timer', async (_what, make) => {
    const clock = createManualClock();
    let timers = 0;
    const counting = {
      ...clock,
      after: (ms: number, task: () => void) => {
        timers += 1;
        const cancel = clock.after(ms, task);
        return () => {
          timers -= 1;
          cancel();
        };
      },
    };
    await settledWithin(1000, make(), counting);
    expect(timers).toBe(0);
  });

  it('resolves when the time is over, whatever the promise does later', async () => {
    const clock = createManualClock();
    let over = false;
    const waiting = settledWithin(1000, new Promise(() => {}), clock).then(() => {
      over = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(over).toBe(false);
    clock.advance(1);
    await waiting;
    expect(over).toBe(true);
  });
});
