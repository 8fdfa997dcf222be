import type { Clock } from '../core/clock.ts';
import type { Rendition } from '../encode/rendition.ts';
import { Bound, Registry } from '../feed/registry.ts';
import type { Hub } from './hub.ts';
import type { Pace } from './pace.ts';
import { View } from './view.ts';

/** A kind of views, such as those of one dialect. */
interface ViewKind<Params, Shown extends Rendition> {
  /** Canonical key of the parameters: equal keys share one view. */
  readonly key: (params: Params) => string;
  /** Makes the rendition for the first session that follows it. It is closed after the last. */
  readonly make: (params: Params) => Shown;
  /** Default: each session is sent each update at once. */
  readonly pace?: (params: Params, rendition: Shown) => Pace;
  /** Which are opened even at the bound. Default: none. */
  readonly isReserved?: (params: Params) => boolean;
  /** Whether clients cannot ask for other views than the dialect names: those are not counted. */
  readonly isFixed?: boolean;
}

/**
 * The views of one kind, to be followed by sessions. The holder is whose share of views is counted; undefined is
 * returned where no further view may be opened.
 */
export type ViewsOfKind<Params, Shown extends Rendition> = Pick<Registry<Params, View<Shown>>, 'acquire'>;

/** The views of all dialects: each is there from its first session to its last, and their number is bounded. */
export class Views {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #bound: Bound;

  /** @param maxViews views at once that clients chose, of all dialects together. 0: no bound */
  constructor({ hub, clock, maxViews }: { hub: Hub; clock: Clock; maxViews: number }) {
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
