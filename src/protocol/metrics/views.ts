import { Refusal } from '../../core/errors.ts';
import type { View } from '../../deliver/view.ts';
import type { Views, ViewsOfKind } from '../../deliver/views.ts';
import type { Lease } from '../../feed/registry.ts';
import type { SnapshotMessages } from './messages.ts';
import type { Ranges } from './ranges.ts';
import { MetricsRendition } from './rendition.ts';
import { hoursDefault, intervalDefault } from './schema.ts';
import { canonicalSections } from './sections.ts';

/** What a client sees. */
export interface MetricsViewOptions {
  readonly hours: number;
  /** Least seconds between two updates. */
  readonly interval: number;
  /** Undefined: all. */
  readonly sections: readonly string[] | undefined;
}

/** Of a client without options. */
export const usualView: MetricsViewOptions = {
  hours: hoursDefault,
  interval: intervalDefault,
  sections: undefined,
};

const tooManyViews = new Refusal('LIMIT', {
  detail: 'too many different views are in use, or half of them by you (MAX_RENDITIONS)',
  retryAfterS: 5,
});

/** The views of the ranges, each shared by all clients that want the same, whatever the transport. */
export class MetricsViews {
  readonly #views: ViewsOfKind<MetricsViewOptions, MetricsRendition>;

  constructor(ranges: Ranges, views: Views, messages: SnapshotMessages) {
    this.#views = views.ofKind({
      key: viewKey,
      make: ({ hours, interval, sections }: MetricsViewOptions) =>
        new MetricsRendition(
          ranges.watch(hours, interval * 1000),
          sections && canonicalSections(sections),
          messages,
        ),
      pace: ({ interval }) => ({ intervalMs: interval * 1000, isAligned: false }),
      isReserved: (options) => viewKey(options) === viewKey(usualView),
    });
  }

  /** @param holder by whom the share of views is counted */
  acquire(options: MetricsViewOptions, holder: string | undefined): Lease<View<MetricsRendition>> | Refusal {
    return this.#views.acquire(options, holder) ?? tooManyViews;
  }
}

/** The same text for the same view, however it was asked for. */
function viewKey({ hours, interval, sections }: MetricsViewOptions): string {
  return JSON.stringify([hours, interval, sections === undefined ? null : canonicalSections(sections)]);
}

/** For people. */
export function viewText({ hours, interval, sections }: MetricsViewOptions): string {
  const query = new URLSearchParams({ hours: `${hours}`, interval: `${interval}` });
  if (sections !== undefined) query.set('sections', sections.join());
  return query.toString();
}
