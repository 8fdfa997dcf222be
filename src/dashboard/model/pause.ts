import type { TelemetryClient, ViewOptions } from '../../client/index.ts';

type Interval = NonNullable<ViewOptions['interval']>;

export interface PauseOptions {
  readonly client: Pick<TelemetryClient, 'wanted' | 'status' | 'setOptions'>;
  readonly isHidden: () => boolean;
  /** That the page was opened with, ms. */
  readonly interval: number;
  /** Runs a task later. */
  readonly after: (ms: number, task: () => void) => void;
}

/** Until a view that was refused is asked for again. */
const retryMs = 1000;

/** Has the view paused while nobody sees the page, and whole again as soon as somebody does. */
export class Pause {
  readonly #options: PauseOptions;
  #own: number;
  #isRetrying = false;

  constructor(options: PauseOptions) {
    this.#options = options;
    this.#own = options.interval;
  }

  /** What to ask for when the page opens: it may do so out of sight. */
  static firstInterval(isHidden: boolean, interval: number): Interval {
    return isHidden ? 'pause' : interval;
  }

  /** The interval that whoever looks at the page has chosen, ms; of another one, which may be a pause. */
  ownOf(interval: Interval | undefined): number {
    return typeof interval === 'number' ? interval : this.#own;
  }

  /** Asks for what fits. To be called when the page is shown or hidden. */
  update(): void {
    const { client, isHidden, after } = this.#options;
    const { interval } = client.wanted;
    if (typeof interval === 'number') this.#own = interval;
    const next = isHidden() ? 'pause' : this.#own;
    if (interval === next || client.status.state === 'closed') return;
    client.setOptions({ interval: next }).catch(() => {
      // Hidden, it does no harm that figures keep coming; seen, the page must not stay without them.
      if (this.#isRetrying || isHidden()) return;
      this.#isRetrying = true;
      after(retryMs, () => {
        this.#isRetrying = false;
        this.update();
      });
    });
  }
}
