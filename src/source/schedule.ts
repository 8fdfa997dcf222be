import cron from 'node-cron';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Runs a task by a cron expression (with seconds). */
export interface Schedule {
  /** The longest gap from now on between the next few runs, in ms: 1,000 for `* * * * * *`. */
  periodMs(): number;
  start(): void;
  stop(): void;
}

export interface ScheduleOptions {
  /** Six fields, seconds first. */
  readonly expression: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onTick: () => void;
}

const runsLookedAt = 4;
const gapsKnownForMs = 60_000;
const shortestPeriodMs = 1000;

export function createSchedule({ expression, clock, log, onTick }: ScheduleOptions): Schedule {
  const task = cron.createTask(expression, onTick, {
    suppressMissedWarning: true,
    logger: {
      info: (message) => log.debug({}, message),
      debug: (message) => log.debug({}, errorMessage(message)),
      warn: (message) => log.warn({}, message),
      error: (message, error) => log.error({ error: errorMessage(error ?? message) }, 'schedule failed'),
    },
  });
  /** Kept, since both are asked for after every poll, and dear. */
  let gaps = { longestMs: 0, knownAt: Number.NEGATIVE_INFINITY };
  let nextRunAt = Number.NEGATIVE_INFINITY;

  const longestGapMs = (): number => {
    const now = clock.monotonic();
    if (now - gaps.knownAt >= gapsKnownForMs) {
      const runs = task.getNextRuns(runsLookedAt).map((run) => run.getTime());
      const between = runs.slice(1).map((run, index) => run - (runs[index] ?? run));
      gaps = { longestMs: Math.max(shortestPeriodMs, ...between), knownAt: now };
    }
    return gaps.longestMs;
  };
  const untilNextRunMs = (): number => {
    // The system's clock, by which the runs are made. Not believed where it seems far: the clock may have been set.
    const now = Date.now();
    if (nextRunAt <= now || nextRunAt - now > longestGapMs()) {
      nextRunAt = task.getNextRuns(1)[0]?.getTime() ?? now;
    }
    return nextRunAt - now;
  };

  return {
    // What lies ahead now may be the longest of all: with "weekdays from 9 to 17", it is a night from the last run.
    periodMs: () => Math.max(longestGapMs(), untilNextRunMs()),
    start: () => void task.start(),
    stop: () => void task.destroy(),
  };
}

/** What is wrong with a cron expression of six fields, or undefined. */
export function cronFault(expression: string): string | undefined {
  const { valid, errors } = cron.validateDetailed(expression);
  if (valid) {
    // Five would be taken to start at minutes: each two minutes where two seconds were meant.
    return expression.trim().split(/\s+/).length === 6 ? undefined : 'expression: the seconds are missing';
  }
  return errors.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'not a cron expression';
}
