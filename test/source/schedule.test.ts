import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cronFault, Schedule } from '../../src/source/schedule.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';

function setUp(expression: string, onTick: () => void = () => {}) {
  const log = createMemoryLog();
  const clock = createManualClock();
  const schedule = new Schedule(expression, clock, log, onTick);
  onTestFinished(() => schedule.stop());
  return { schedule, log, clock };
}

describe('Schedule', () => {
  it.each([
    ['* * * * * *', 1000],
    ['*/2 * * * * *', 2000],
    ['*/5 * * * * *', 5000],
    ['0 * * * * *', 60_000],
    ['0 */10 * * * *', 600_000],
    ['0 0 * * * *', 3_600_000],
  ])('knows the period of %s', (expression, periodMs) => {
    expect(setUp(expression).schedule.periodMs()).toBe(periodMs);
  });

  it('takes the longest gap where gaps differ', () => {
    expect(setUp('0,10 * * * * *').schedule.periodMs()).toBe(50_000);
  });

  it('knows its period before and after it was started', () => {
    const { schedule } = setUp('* * * * * *');
    schedule.start();
    expect(schedule.periodMs()).toBe(1000);
  });

  it('runs its task at each second, and not once more', () => {
    const { schedule, log, clock } = setUp('* * * * * *', () => ticks.push(clock.now()));
    const ticks: number[] = [];
    const start = clock.now();
    clock.advance(300);
    schedule.start();
    schedule.start();
    clock.advance(699);
    expect(ticks).toEqual([]);
    clock.advance(2001);
    expect(ticks).toEqual([1000, 2000, 3000].map((ms) => start + ms));
    expect(log.entries).toEqual([]);
  });

  it('survives a task that throws, and says so', () => {
    let ticks = 0;
    const { schedule, log, clock } = setUp('* * * * * *', () => {
      ticks += 1;
      throw new Error('boom');
    });
    schedule.start();
    clock.advance(1000);
    expect(log.entries).toMatchObject([
      { level: 'error', message: 'schedule failed', fields: { error: 'boom' } },
    ]);
    clock.advance(1000);
    expect(ticks).toBe(2);
  });

  it('runs no more once it was stopped, by its own task too', () => {
    let ticks = 0;
    const { schedule, clock } = setUp('* * * * * *', () => {
      ticks += 1;
      if (ticks === 2) schedule.stop();
    });
    schedule.start();
    clock.advance(10_000);
    expect(ticks).toBe(2);
  });

  it('can be stopped twice, and without having been started', () => {
    const { schedule } = setUp('* * * * * *');
    schedule.stop();
    schedule.stop();
  });
});

describe('cronFault', () => {
  it.each(['* * * * * *', '*/2 * * * * *', '0 0 9 * * 1-5', '0 0 0 29 2 *'])(
    'finds nothing wrong with %s',
    (expression) => expect(cronFault(expression)).toBeUndefined(),
  );

  it.each([
    ['61 * * * * *', 'second'],
    ['* 60 * * * *', 'minute'],
    ['* * 24 * * *', 'hour'],
    ['* * * 32 * *', 'dayOfMonth'],
    ['* * * * 13 *', 'month'],
    ['* * * * * 8', 'dayOfWeek'],
    ['0 0 0 30 2 *', 'dayOfMonth'],
    ['0 0 0 L-30 2 *', 'expression'],
    ['every second', 'expression'],
    ['* * *', 'expression'],
    ['*/2 * * * *', 'expression'],
    ['* * * * * * *', 'expression'],
    ['', 'expression'],
  ])('says which field of %j is wrong', (expression, field) => {
    expect(cronFault(expression)).toContain(`${field}: `);
  });

  it('takes any text without throwing, and a schedule can be made of what it accepts', () => {
    const field = fc.oneof(
      fc.constantFrom('*', '*/2', '1-5', '0', '59', '60', '-1', 'L', '?', 'x'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 7 }), (fields) => {
        const expression = fields.join(' ');
        if (cronFault(expression) !== undefined) return;
        const schedule = new Schedule(expression, createManualClock(), createMemoryLog(), () => {});
        schedule.stop();
      }),
      { numRuns: 200 },
    );
  });
});
