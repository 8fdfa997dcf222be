import cron from 'node-cron';
import type { Cancel, Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { CronRuns } from './cron-runs.ts';

/** The run that comes next, as the wall clock was when it was planned. */
interface Plan {
  /** Epoch ms. */
  readonly at: number;
  readonly waitMs: number;
  /** Time from it to the run after it. */
  readonly gapMs: number;
}

const shortestPeriodMs = 1000;
/** How soon a wall clock that was set is noticed. */
const lookEveryMs = 1000;
/** Soon enough that no source goes stale, and late enough to ignore small corrections of the clock. */
const overdueShare = 0.25;
const leastOverdueMs = 250;

/**
 * Runs a task by a cron expression (with seconds), when the wall clock says so. Whatever that clock does meanwhile,
 * at most two periods pass without a run: it is read again each second, and no run waits much longer, by the
 * monotonic clock, than it had to when it was planned.
 */
export class Schedule {
  readonly #runs: CronRuns;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onTick: () => void;
  #cancel: Cancel = () => {};
  #running = false;
  #lastRunAt = 0;
  #plan: Plan = { at: 0, waitMs: 0, gapMs: 0 };

  /** @param expression six fields, seconds first */
  constructor(expression: string, clock: Clock, log: Log, onTick: () => void) {
    this.#runs = new CronRuns(expression);
    this.#clock = clock;
    this.#log = log;
    this.#onTick = onTick;
  }

  /** The longest gap from now on between the next few runs, in ms: 1,000 for `* * * * * *`. */
  periodMs(): number {
    // What lies ahead now may be the longest of all: with "weekdays from 9 to 17", it is a night from the last run.
    let previous = this.#clock.now();
    let longestMs = shortestPeriodMs;
    for (const at of this.#runs.upcoming(previous)) {
      if (at - previous > longestMs) longestMs = at - previous;
      previous = at;
    }
    return longestMs;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#lastRunAt = this.#clock.monotonic();
    this.#wait();
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
  }

  #wait(): void {
    const now = this.#clock.now();
    this.#plan = this.#planFrom(now);
    const waitMs = Math.min(this.#plan.at - now, lookEveryMs, Math.max(1, this.#untilOverdueMs()));
    this.#cancel = this.#clock.after(waitMs, () => this.#look());
  }

  #look(): void {
    if (this.#isDue(this.#clock.now()) || this.#untilOverdueMs() <= 0) this.#run();
    if (this.#running) this.#wait();
  }

  #run(): void {
    this.#lastRunAt = this.#clock.monotonic();
    try {
      this.#onTick();
    } catch (error) {
      this.#log.error({ error: errorMessage(error) }, 'schedule failed');
    }
  }

  #planFrom(now: number): Plan {
    const [at = now, following = at] = this.#runs.upcoming(now);
    return at === this.#plan.at ? this.#plan : { at, waitMs: at - now, gapMs: following - at };
  }

  /** After a leap forward, a run is made up for as long as a run on time would not be older. */
  #isDue(now: number): boolean {
    const { at, gapMs } = this.#plan;
    return at <= now && (now - at < gapMs || this.#runs.after(now - gapMs) <= now);
  }

  /** Time until a run is overdue by the monotonic clock, as when the wall clock was set back. */
  #untilOverdueMs(): number {
    const { waitMs } = this.#plan;
    const overdueAt = this.#lastRunAt + waitMs + Math.max(waitMs * overdueShare, leastOverdueMs);
    return overdueAt - this.#clock.monotonic();
  }
}

/** What is wrong with a cron expression of six fields, or undefined. */
export function cronFault(expression: string): string | undefined {
  const { valid, errors } = cron.validateDetailed(expression);
  if (valid) {
    // Five would be taken to start at minutes: each two minutes where two seconds were meant.
    if (expression.trim().split(/\s+/).length !== 6) return 'expression: the seconds are missing';
    const runs = Number.isFinite(new CronRuns(expression).after(0));
    return runs ? undefined : 'expression: there is no such day, so it never runs';
  }
  return errors.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'not a cron expression';
}
