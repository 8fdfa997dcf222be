import fc from 'fast-check';
import cron from 'node-cron';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CronRuns } from '../../src/source/cron-runs.ts';

const day = 24 * 3600 * 1000;
const zone = process.env.TZ;

afterEach(() => {
  vi.useRealTimers();
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe('CronRuns', () => {
  beforeEach(() => {
    // Where no hour comes twice: there, the two differ on purpose.
    process.env.TZ = 'UTC';
    vi.useFakeTimers({ toFake: ['Date'] });
  });

  const expression = fc
    .tuple(
      fc.constantFrom('*', '0', '*/7', '5,3', '50-10'),
      fc.constantFrom('*', '0', '*/15', '59', '30,10'),
      fc.constantFrom('*', '3', '9-17', '22-2', '0'),
      fc.constantFrom(
        '* * *',
        '* * 1-5',
        'L 2 *',
        'LW * *',
        '15W jan-mar ?',
        '? * 5#2',
        '* 6,12 5L',
        '1 * 7',
      ),
    )
    .map((fields) => fields.join(' '));

  it('finds what node-cron finds, from any instant', () => {
    const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });
    fc.assert(
      fc.property(expression, instant, (text, from) => {
        vi.setSystemTime(from);
        const theirs = cron.createTask(text, () => {});
        const known = theirs.getNextRuns(4).map((run) => run.getTime());
        void theirs.destroy();
        expect(new CronRuns(text).upcoming(from)).toEqual(known);
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same runs however it came to an instant: step by step, by a leap, or back', () => {
    const instants = fc.array(fc.integer({ min: -3 * day, max: 3 * day }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(expression, instants, (text, offsets) => {
        const runs = new CronRuns(text);
        for (const offset of offsets) {
          const at = Date.UTC(2026, 5, 1, 12) + offset;
          expect(runs.upcoming(at)).toEqual(new CronRuns(text).upcoming(at));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('leaves nothing behind in the process', () => {
    const before = cron.getTasks().size;
    new CronRuns('* * * * * *').upcoming(0);
    expect(cron.getTasks().size).toBe(before);
  });
});

describe('CronRuns, of days that are rare,', () => {
  it('says where there is no such day', () => {
    expect(new CronRuns('0 0 0 L-30 2 *').after(0)).toBe(Number.POSITIVE_INFINITY);
    expect(new Date(new CronRuns('0 0 0 29 2 1#5').after(Date.UTC(2072, 2, 1))).getUTCFullYear()).toBe(2112);
  });
});

describe('CronRuns where summer time begins and ends', () => {
  const runsOf = (text: string, from: string, count: number, timeZone: string): string[] => {
    process.env.TZ = timeZone;
    const runs = new CronRuns(text);
    let at = Date.parse(from);
    return Array.from({ length: count }, () => {
      at = runs.after(at);
      return new Date(at).toISOString().slice(11, 19);
    });
  };

  it('has its runs in both of the hours that are called the same', () => {
    // New York, 2026-11-01: 01:59:59 EDT is followed by 01:00:00 EST.
    const from = '2026-11-01T05:59:58Z';
    expect(runsOf('* * * * * *', from, 3, 'America/New_York')).toEqual(['05:59:59', '06:00:00', '06:00:01']);
    expect(runsOf('0 */20 0-4 * * *', from, 4, 'America/New_York')).toEqual([
      '06:00:00',
      '06:20:00',
      '06:40:00',
      '07:00:00',
    ]);
  });

  it('has none in the hour that is left out, and goes on after it', () => {
    // New York, 2026-03-08: 01:59:59 EST is followed by 03:00:00 EDT.
    const from = '2026-03-08T06:59:58Z';
    expect(runsOf('* * * * * *', from, 3, 'America/New_York')).toEqual(['06:59:59', '07:00:00', '07:00:01']);
    expect(runsOf('0 30 2 * * *', from, 1, 'America/New_York')).toEqual(['06:30:00']);
  });

  it.each([
    // 02:00 becomes 01:30.
    ['Australia/Lord_Howe', '2026-04-04T14:59:58Z', ['14:59:59', '15:00:00', '15:00:01']],
    // Midnight becomes 01:00.
    ['Africa/Cairo', '2026-04-23T21:59:58Z', ['21:59:59', '22:00:00', '22:00:01']],
    // Midnight becomes 23:00 of the day before.
    ['America/Santiago', '2026-04-05T02:59:58Z', ['02:59:59', '03:00:00', '03:00:01']],
    ['Asia/Kathmandu', '2026-04-05T18:14:58Z', ['18:14:59', '18:15:00', '18:15:01']],
  ])('runs each second in %s', (timeZone, from, seconds) => {
    expect(runsOf('* * * * * *', from, 3, timeZone)).toEqual(seconds);
  });
});
