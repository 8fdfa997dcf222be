import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { Session } from '../../deliver/session.ts';
import type { Following, View } from '../../deliver/view.ts';
import type { Lease } from '../../feed/registry.ts';
import type { Client, MessageOf, Unreadable } from '../../serve/endpoint.ts';
import { metricsMessage, type SnapshotMessages } from './messages.ts';
import { noPosition, snapshotPosition } from './range-state.ts';
import type { Polled, Ranges } from './ranges.ts';
import { Refreshes } from './refreshes.ts';
import type { MetricsRendition } from './rendition.ts';
import { hoursDefault, intervalDefault, metricsHears } from './schema.ts';
import { canonicalSections } from './sections.ts';
import { type MetricsViewOptions, type MetricsViews, viewText } from './views.ts';

export interface MetricsClientParts {
  readonly ranges: Ranges;
  readonly views: MetricsViews;
  readonly messages: SnapshotMessages;
  readonly clock: Clock;
}

/** What a client asked for, and the view that shows it. */
interface Subscription {
  readonly options: MetricsViewOptions;
  readonly rendition: MetricsRendition;
  readonly following: Following;
}

type Heard = MessageOf<typeof metricsHears>;
type Asked<Type extends Heard['type']> = Extract<Heard, { readonly type: Type }>['payload'];

const events = `one of the events ${Object.keys(metricsHears).join(', ')}`;

function unreadableText(reason: string): string {
  return reason === 'unknown' ? 'unknown event' : `an event that cannot be read (${reason})`;
}

/** Names the option at fault, and what it may be. */
function faultText({ message, error }: NonNullable<Unreadable['misshapen']>): string {
  const [issue] = error.issues;
  const [, option = 'payload'] = issue?.path ?? [];
  return `${String(message.type)}: ${String(option)}: ${issue?.message ?? 'expected another value'}`;
}

/** One Socket.IO client: what it has subscribed to, and its requests. */
export class MetricsClient implements Client<Heard> {
  readonly #session: Session;
  readonly #holder: string | undefined;
  readonly #parts: MetricsClientParts;
  readonly #refreshes: Refreshes;
  #subscription: Subscription | undefined;
  /** Set before a subscription, for which it is kept; seconds. */
  #keptInterval: number | undefined;

  /** @param holder by whom the share of views is counted */
  constructor(session: Session, holder: string | undefined, parts: MetricsClientParts) {
    this.#session = session;
    this.#holder = holder;
    this.#parts = parts;
    this.#refreshes = new Refreshes({
      clock: parts.clock,
      refresh: (hours) => parts.ranges.refresh(hours),
      onEnd: (hours, polled) => this.#refreshed(hours, polled),
    });
    session.answer(metricsMessage('connected', { status: 'connected', client_id: session.id }));
  }

  get view(): string {
    return this.#subscription === undefined ? 'none' : viewText(this.#subscription.options);
  }

  receive({ type, payload }: Heard): void {
    switch (type) {
      case 'subscribe':
        this.#subscribe(payload);
        return;
      case 'unsubscribe':
        this.#unsubscribe();
        return;
      case 'set_interval':
        this.#setInterval(payload.interval ?? intervalDefault);
        return;
      default:
        this.#refreshes.ask(payload.hours ?? this.#subscription?.options.hours ?? hoursDefault);
    }
  }

  unreadable({ reason, misshapen }: Unreadable): boolean {
    this.#session.refused(reason);
    this.#fail(
      misshapen === undefined ? `${unreadableText(reason)}: expected ${events}` : faultText(misshapen),
    );
    return true;
  }

  ended(): void {
    this.#refreshes.dropAll();
  }

  #subscribe({ hours = hoursDefault, update_interval: given, sections }: Asked<'subscribe'>): void {
    const interval = given ?? this.#keptInterval ?? intervalDefault;
    const unknown = this.#parts.ranges.unknownSection(hours, sections ?? []);
    if (unknown !== undefined) {
      this.#fail(
        `subscribe: sections: "${unknown}" is not in the snapshot, expected a path such as "overview.tasks"`,
      );
      return;
    }
    const options = { hours, interval, sections: sections ?? undefined };
    // Before the old view is left, so that the range goes on being polled where it is the same.
    const view = this.#parts.views.acquire(options, this.#holder);
    if (view instanceof Refusal) {
      this.#fail(`subscribe: ${view.detail}`);
      return;
    }
    const before = this.#subscription?.options.hours;
    this.#leave();
    // What comes of them would be taken for an update of the new range.
    if (before !== undefined && before !== hours) this.#refreshes.drop(before);
    this.#keptInterval = undefined;
    const config = { hours, update_interval: interval, ...(sections == null ? {} : { sections }) };
    this.#session.answer(metricsMessage('subscribed', { status: 'subscribed', config }));
    this.#follow(options, view, noPosition);
  }

  #unsubscribe(): void {
    this.#leave();
    this.#refreshes.dropAll();
    this.#session.answer(metricsMessage('unsubscribed', { status: 'unsubscribed' }));
  }

  /** Of the subscription, which goes on as it is: or of the next one. */
  #setInterval(interval: number): void {
    const answer = metricsMessage('interval_updated', { interval });
    if (this.#subscription === undefined) {
      this.#keptInterval = interval;
      this.#session.answer(answer);
      return;
    }
    const { options: before, rendition, following } = this.#subscription;
    const options = { ...before, interval };
    const view = this.#parts.views.acquire(options, this.#holder);
    if (view instanceof Refusal) {
      this.#fail(`set_interval: ${view.detail}`);
      return;
    }
    const cursor = rendition.seq - following.view.behind(following);
    const since = view.resource.rendition.positionFrom(rendition, cursor);
    following.leave();
    this.#session.answer(answer);
    this.#follow(options, view, since);
  }

  /** @param since position of what it has */
  #follow(options: MetricsViewOptions, view: Lease<View<MetricsRendition>>, since: string): void {
    const { rendition } = view.resource;
    this.#subscription = { options, rendition, following: this.#session.follow(view, undefined, since) };
  }

  #leave(): void {
    this.#subscription?.following.leave();
    this.#subscription = undefined;
  }

  #refreshed(hours: number, { range, outcome: { error, isUrgent } }: Polled): void {
    const { options, following } = this.#subscription ?? {};
    const isFollowed = options?.hours === hours;
    // The view tells all of it.
    if (isFollowed && isUrgent) return;
    if (error !== undefined) this.#fail(error);
    else if (isFollowed) following?.resync();
    else {
      const sections = options?.sections && canonicalSections(options.sections);
      this.#session.answer(this.#parts.messages.of(range.current, snapshotPosition(range), sections));
    }
  }

  #fail(error: string): void {
    this.#session.answer(metricsMessage('error', { error, timestamp: this.#parts.clock.now() / 1000 }));
  }
}
