import type { Cancel, Clock } from './clock.ts';

type Task = () => void;
const nothing = (): void => {};

/** Does something once an interval at most: at once, and of what comes too soon after that the last, at its end. */
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

  /** True: it was done. False: it waits, in the place of what waited before. */
  take(task: Task): boolean {
    const isTimerSet = this.#waiting !== undefined;
    this.#waiting = task;
    const waitMs = this.#doneAt + this.#everyMs - this.#clock.monotonic();
    if (waitMs <= 0) this.flush();
    else if (!isTimerSet) this.#cancelTimer = this.#clock.after(waitMs, () => this.flush());
    return waitMs <= 0;
  }

  /** Does what waits now. */
  flush(): void {
    const task = this.#waiting;
    this.cancel();
    if (task === undefined) return;
    this.#doneAt = this.#clock.monotonic();
    task();
  }

  /** Forgets what waits. */
  cancel(): void {
    this.#cancelTimer();
    this.#waiting = undefined;
  }
}
