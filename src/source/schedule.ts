import cron from 'node-cron';
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
  /** Six fields, seconds first; five fields start at minutes. */
  readonly expression: string;
  readonly log: Log;
  readonly onTick: () => void;
}

const runsLookedAt = 4;

export function createSchedule({ expression, log, onTick }: ScheduleOptions): Schedule {
  const task = cron.createTask(expression, onTick, {
    suppressMissedWarning: true,
    logger: {
      info: (message) => log.debug({}, message),
      debug: (message) => log.debug({}, errorMessage(message)),
      warn: (message) => log.warn({}, message),
      error: (message, error) => log.error({ error: errorMessage(error ?? message) }, 'schedule failed'),
    },
  });
  return {
    periodMs() {
      const runs = task.getNextRuns(runsLookedAt).map((run) => run.getTime());
      return Math.max(1000, ...runs.slice(1).map((run, index) => run - (runs[index] ?? run)));
    },
    start: () => void task.start(),
    stop: () => void task.destroy(),
  };
}

/** What is wrong with a cron expression, or undefined. */
export function cronFault(expression: string): string | undefined {
  const { valid, errors } = cron.validateDetailed(expression);
  if (valid) return undefined;
  return errors.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'not a cron expression';
}
