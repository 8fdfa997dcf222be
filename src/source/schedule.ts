import cron from 'node-cron';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Runs a task by a cron expression (with seconds). */
export interface Schedule {
  /** The longest gap between the next few runs, in ms: 1,000 for `* * * * * *`. */
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
const periodKnownForMs = 60_000;

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
  let period = { ms: 0, knownAt: Number.NEGATIVE_INFINITY };
  return {
    periodMs() {
      // Asked after every poll, and dear: an expression such as "weekdays from 9 to 17" changes it rarely.
      const now = clock.monotonic();
      if (now - period.knownAt >= periodKnownForMs) {
        const runs = task.getNextRuns(runsLookedAt).map((run) => run.getTime());
        const gaps = runs.slice(1).map((run, index) => run - (runs[index] ?? run));
        period = { ms: Math.max(1000, ...gaps), knownAt: now };
      }
      return period.ms;
    },
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
