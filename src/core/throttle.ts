import type { Cancel, Clock } from './clock.ts';

type Task = () => void;
const nothing = (): void => {};

/** Runs tasks at most once per interval: the first at once, of those within the interval the last, at its end. */
export class Throttle {
  readonly #everyMs: number;
  readonly #clock: Clock;
  #doneAt = Number.NEGATIVE_INFINITY;
  #waiting: Task | undefined;
  #cancelTimer: Cancel = nothing;

  constructor(everyMs: number, clock: Clock) {
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  /** True: it ran. False: it waits, and replaces a task that waited before. */
  take(task: Task): boolean {
    const isTimerSet = this.#waiting !== undefined;
    this.#waiting = task;
    const waitMs = this.#doneAt + this.#everyMs - this.#clock.monotonic();
    if (waitMs <= 0) this.flush();
    else if (!isTimerSet) this.#cancelTimer = this.#clock.after(waitMs, () => this.flush());
    return waitMs <= 0;
  }

  /** Runs the waiting task now. */
  flush(): void {
    const task = this.#waiting;
    this.cancel();
    if (task === undefined) return;
    this.#doneAt = this.#clock.monotonic();
    task();
  }

  /** Drops the waiting task. */
  cancel(): void {
    this.#cancelTimer();
    this.#waiting = undefined;
  }
}
