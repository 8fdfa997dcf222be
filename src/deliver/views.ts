import type { Clock } from '../core/clock.ts';
import type { Rendition } from '../encode/rendition.ts';
import { Bound, type Lease, Registry } from '../feed/registry.ts';
import type { Hub } from './hub.ts';
import { type Pace, View } from './view.ts';

/** One kind of views, such as those of one dialect. */
export interface ViewKind<Params, Shown extends Rendition> {
  /** Canonical key of the parameters: all who ask for the same share one view. */
  readonly key: (params: Params) => string;
  /** Makes the rendition for the first session that follows it. It is closed after the last. */
  readonly make: (params: Params) => Shown;
  /** Default: each session is sent each update at once. */
  readonly pace?: (params: Params, rendition: Shown) => Pace;
  /** Which are opened although the bound is reached. Default: none. */
  readonly isReserved?: (params: Params) => boolean;
  /** Whether there are only so many as the dialect knows, whatever clients ask for: those are not counted. */
  readonly isFixed?: boolean;
}

export interface ViewsOfKind<Params, Shown extends Rendition> {
  /**
   * The view for these parameters, to be followed by a session.
   * @param holder by whom the share of views is counted. Undefined: it may be many
   * @returns undefined where no further view may be opened
   */
  acquire(params: Params, holder: string | undefined): Lease<View<Shown>> | undefined;
}

export interface ViewsOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  /** Views at once that clients chose, of all dialects together. 0: no bound. */
  readonly maxViews: number;
}

/** The views of all dialects: each is there from its first session to its last, and their number is bounded. */
export class Views {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #bound: Bound;

  constructor({ hub, clock, maxViews }: ViewsOptions) {
    this.#hub = hub;
    this.#clock = clock;
    this.#bound = new Bound(maxViews);
  }

  ofKind<Params, Shown extends Rendition>(kind: ViewKind<Params, Shown>): ViewsOfKind<Params, Shown> {
    const { key, make, pace, isReserved, isFixed = false } = kind;
    return new Registry<Params, View<Shown>>({
      clock: this.#clock,
      key,
      open: (params) => {
        const rendition = make(params);
        const view = new View(rendition, pace?.(params, rendition));
        this.#hub.open(view);
        return view;
      },
      close: (view) => this.#hub.close(view),
      isReserved,
      bound: isFixed ? undefined : this.#bound,
    });
  }
}
