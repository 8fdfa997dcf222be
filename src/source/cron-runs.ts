import cron from 'node-cron';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** 29 February falls on a given weekday every 28 years, or after 40: what does not run within these never does. */
const farthestMs = 41 * 366 * 24 * hourMs;
const runsKnown = 4;

/**
 * When an expression of six fields runs, in the time zone of the machine. node-cron reads it and says which days it
 * means. The time of day is looked for here, since node-cron looks ahead from the system's clock alone, for half a
 * millisecond a run, and sees none in the hour that comes twice when summer time ends: here each of the two has its
 * runs. Those of an hour that is left out when it begins do not come.
 */
export class CronRuns {
  readonly #seconds: ReadonlySet<number>;
  readonly #minutes: ReadonlySet<number>;
  readonly #hours: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  /** Runs at each second of the days meant. */
  readonly #days: { match(time: Date): boolean };
  #dayKnown = { noon: Number.NaN, meant: false };
  #knownFrom = Number.POSITIVE_INFINITY;
  #known: number[] = [];

  /** @throws Error where node-cron does not take the expression */
  constructor(expression: string) {
    const { second, minute, hour, month } = cron.parse(expression);
    this.#seconds = new Set(second);
    this.#minutes = new Set(minute);
    this.#hours = new Set(hour);
    this.#months = new Set(month);
    const ofDay = expression.trim().split(/\s+/).slice(3);
    const task = cron.createTask(`* * * ${ofDay.join(' ')}`, () => {});
    // Only asked which days match, never run: without this node-cron would keep it for the life of the process.
    void task.destroy();
    this.#days = task;
  }

  /** The next few runs after an instant, epoch ms, soonest first. Looked for only where those known do not do. */
  upcoming(now: number): readonly number[] {
    const known = now < this.#knownFrom ? [] : this.#known;
    while ((known[0] ?? Number.POSITIVE_INFINITY) <= now) known.shift();
    while (known.length < runsKnown) known.push(this.after(known.at(-1) ?? now));
    this.#knownFrom = now;
    this.#known = known;
    return known;
  }

  /** The first run after an instant, epoch ms; infinity where there is none. */
  after(instant: number): number {
    let at = Math.floor(instant / 1000) * 1000 + 1000;
    for (const farthest = instant + farthestMs; at <= farthest; ) {
      const stepMs = this.#stepFrom(new Date(at));
      if (stepMs === 0) return at;
      at += stepMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** How long no run can be from here on, in ms; 0: there is one here. */
  #stepFrom(time: Date): number {
    const [minute, second] = [time.getMinutes(), time.getSeconds()];
    const restOfHourMs = hourMs - minute * minuteMs - second * 1000;
    const dayEnd = this.#endOfUnmeant(time);
    // Where the clock goes back past midnight, the midnight found is the one that was.
    if (dayEnd !== undefined) return Math.max(restOfHourMs, dayEnd.getTime() - time.getTime());
    if (!this.#hours.has(time.getHours())) return restOfHourMs;
    if (!this.#minutes.has(minute)) return minuteMs - second * 1000;
    return this.#seconds.has(second) ? 0 : 1000;
  }

  /** When the day is over that is not meant, or the month; undefined where the day is meant. */
  #endOfUnmeant(time: Date): Date | undefined {
    const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()];
    if (!this.#months.has(month + 1)) return new Date(year, month + 1);
    const noon = new Date(year, month, day, 12);
    if (noon.getTime() !== this.#dayKnown.noon) {
      this.#dayKnown = { noon: noon.getTime(), meant: this.#days.match(noon) };
    }
    return this.#dayKnown.meant ? undefined : new Date(year, month, day + 1);
  }
}
