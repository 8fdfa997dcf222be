import type { Cancel, Clock } from '../core/clock.ts';

export type SourceStatus = 'fresh' | 'stale' | 'down';

/**
 * The status of a source by its answers and their age.
 *
 * ```
 *            success                 late                  late for `downAfterMs`
 *   down ──────────────> fresh ──────────────> stale ──────────────────> down
 *                          ^───── success ───────┘
 * ```
 */
export class AnswerFreshness {
  readonly #downAfterMs: number;
  readonly #clock: Clock;
  readonly #onAged: () => void;
  #status: SourceStatus = 'down';
  /** The next change with time alone, and when, monotonic ms. */
  #next: { readonly status: 'stale' | 'down'; readonly at: number } | undefined;
  #timer: Cancel = () => {};
  #paused = false;

  /** @param onAged called when the status has changed with time alone */
  constructor(downAfterMs: number, clock: Clock, onAged: () => void) {
    this.#downAfterMs = downAfterMs;
    this.#clock = clock;
    this.#onAged = onAged;
  }

  get status(): SourceStatus {
    return this.#status;
  }

  succeeded(freshMs: number): void {
    this.#status = 'fresh';
    this.#become('stale', freshMs);
  }

  /** Lowers the status to this at least. */
  drop(to: 'stale' | 'down'): void {
    if (to === 'down') {
      this.#status = 'down';
      this.#next = undefined;
      this.#wait();
    } else if (this.#status === 'fresh') {
      this.#status = 'stale';
      this.#become('down', this.#downAfterMs);
    }
  }

  /** It does not age until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#wait();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wait();
    // At once, so that whoever looks now is not shown an outdated status.
    while (this.#next !== undefined && this.#next.at <= this.#clock.monotonic()) this.#age();
  }

  /** It ages no more. */
  stop(): void {
    this.#next = undefined;
    this.#timer();
  }

  #become(status: 'stale' | 'down', ms: number): void {
    this.#next = { status, at: this.#clock.monotonic() + ms };
    this.#wait();
  }

  #wait(): void {
    this.#timer();
    if (this.#next === undefined || this.#paused) return;
    this.#timer = this.#clock.after(this.#next.at - this.#clock.monotonic(), () => this.#age());
  }

  #age(): void {
    if (this.#next === undefined) return;
    const { status, at } = this.#next;
    this.#status = status;
    this.#next = status === 'stale' ? { status: 'down', at: at + this.#downAfterMs } : undefined;
    this.#wait();
    this.#onAged();
  }
}
