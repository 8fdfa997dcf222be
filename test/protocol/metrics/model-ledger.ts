import { equalJson, isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { readUpdate, type Shown, shownOf, type View } from './model-figures.ts';

/** What one viewer said or heard. */
export type Note =
  | { readonly kind: 'connected' }
  | { readonly kind: 'saidSubscribe'; readonly view: View; readonly interval: number }
  | { readonly kind: 'saidInterval'; readonly interval: number }
  | { readonly kind: 'saidRefresh'; readonly hours: number | undefined }
  | { readonly kind: 'saidUnsubscribe' }
  | { readonly kind: 'saidNonsense' }
  | { readonly kind: 'heard'; readonly event: string; readonly data: JsonObject };
/** With its time, epoch seconds. */
export type Entry = Note & { readonly at: number };

type Asked = Extract<Entry, { kind: 'saidSubscribe' }> & Place;

/** How many refreshes had been asked for before. */
interface Place {
  readonly refreshes: number;
}

interface Refresh extends Place {
  readonly at: number;
  readonly hours: number;
}

interface Subscription extends Asked {
  /** The shortest that was in force since, in s. */
  shortest: number;
  /** Updates that were no answer. */
  updates: number;
  /** Each beginning of an interval may bring one at once. */
  beginnings: number;
  /** Updates that need no further reason: answers, and ends of faults. */
  granted: number;
}

/** A poll that was under way when a refresh was asked for answers it too; longer than one is allowed, in s. */
const pollMayBeOld = 1.5;
/** On a busy machine: what was heard late is followed the sooner. */
const heardLate = 0.5;

/** How an error begins that the engine is the reason of; others are answers to nonsense. */
const engineFault = /^The engine /;

/** Reads what a viewer went through, and throws where the protocol is broken. */
export class Ledger {
  readonly #asked: Asked[] = [];
  readonly #leaving: Place[] = [];
  readonly #intervals: number[] = [];
  /** What it has said that it wants to follow. */
  #wanted: View | undefined;
  #subscription: Subscription | undefined;
  #last: Shown | undefined;
  /** Of each range, the highest version seen. */
  readonly #newest = new Map<number, number>();
  /** Refreshes whose answer is still to come. */
  #waiting: Refresh[] = [];
  #refreshes = 0;
  #nonsense = 0;
  /** What refreshes may still bring: one each, as an answer may be one that news seemed to be. */
  #credit = 0;
  #isFaulty = false;

  static check(entries: readonly Entry[]): Ledger {
    const ledger = new Ledger();
    for (const [index, entry] of entries.entries()) {
      try {
        ledger.#take(entry);
      } catch (error) {
        const before = entries.slice(Math.max(0, index - 9), index + 1).map((each) => JSON.stringify(each));
        throw new Error(`${error instanceof Error ? error.message : error}, after\n${before.join('\n')}`);
      }
    }
    return ledger;
  }

  /** Refreshes, and what is nonsense, without an answer so far. */
  get unanswered(): number {
    return this.#waiting.length + this.#nonsense;
  }

  /** What it was shown last. */
  get last(): Shown | undefined {
    return this.#last;
  }

  #take(entry: Entry): void {
    switch (entry.kind) {
      case 'connected':
        this.#reset();
        break;
      case 'saidSubscribe':
        this.#asked.push({ ...entry, refreshes: this.#refreshes });
        this.#wanted = entry.view;
        break;
      case 'saidUnsubscribe':
        this.#leaving.push({ refreshes: this.#refreshes });
        this.#wanted = undefined;
        break;
      case 'saidInterval':
        this.#intervals.push(entry.interval);
        break;
      case 'saidNonsense':
        this.#nonsense += 1;
        break;
      case 'saidRefresh': {
        const hours = entry.hours ?? this.#wanted?.hours ?? 24;
        this.#waiting.push({ at: entry.at, hours, refreshes: this.#refreshes });
        this.#refreshes += 1;
        this.#credit += 1;
        break;
      }
      case 'heard':
        this.#hear(entry.event, entry.data, entry.at);
        break;
    }
  }

  #reset(): void {
    this.#asked.length = this.#leaving.length = this.#intervals.length = this.#waiting.length = 0;
    this.#subscription = this.#last = this.#wanted = undefined;
    this.#credit = this.#nonsense = 0;
    this.#isFaulty = false;
  }

  #hear(event: string, data: JsonObject, at: number): void {
    if (event === 'subscribed') this.#subscribed(data);
    else if (event === 'unsubscribed') this.#unsubscribed();
    else if (event === 'interval_updated') this.#intervalUpdated(data);
    else if (event === 'metrics_update') this.#updated(readUpdate(data), at);
    else if (event === 'error') this.#failed(data, at);
  }

  #subscribed({ config }: JsonObject): void {
    const asked = this.#asked.shift();
    if (asked === undefined) throw new Error('subscribed without having asked');
    const { view, interval } = asked;
    const { hours, sections } = view;
    const expected = { hours, update_interval: interval, ...(sections && { sections: [...sections] }) };
    if (!isJsonObject(config) || !equalJson(config, expected)) {
      throw new Error(`subscribed to ${JSON.stringify(config)} instead of ${JSON.stringify(expected)}`);
    }
    // It would be taken for one of the new range.
    const before = this.#subscription?.view.hours;
    if (before !== hours) this.#forgive((refresh) => refresh.hours === before, asked);
    this.#subscription = { ...asked, shortest: interval, updates: 0, beginnings: 1, granted: 1 };
    this.#last = undefined;
    this.#isFaulty = false;
  }

  /** What it asked for before is over: there is no answer to it, or to a refresh, from here on. */
  #unsubscribed(): void {
    const place = this.#leaving.shift();
    if (place === undefined) throw new Error('unsubscribed without having asked');
    this.#forgive(() => true, place);
    this.#credit = this.#refreshes - place.refreshes;
    this.#subscription = undefined;
  }

  /** Refreshes of before that need not be answered. */
  #forgive(isMeant: (refresh: Refresh) => boolean, { refreshes }: Place): void {
    this.#waiting = this.#waiting.filter((refresh) => refresh.refreshes >= refreshes || !isMeant(refresh));
  }

  #intervalUpdated({ interval }: JsonObject): void {
    const expected = this.#intervals.shift();
    if (interval !== expected) throw new Error(`interval ${interval} instead of ${expected}`);
    const subscription = this.#subscription;
    if (subscription !== undefined && expected !== undefined) {
      subscription.shortest = Math.min(subscription.shortest, expected);
      subscription.beginnings += 1;
    }
  }

  #updated(shown: Shown, at: number): void {
    const { hours = 0, version } = shown;
    this.#checkContent(shown);
    if (version !== undefined) {
      const newest = this.#newest.get(hours) ?? 0;
      if (version < newest) throw new Error(`version ${version} of ${hours} h after ${newest}`);
      this.#newest.set(hours, version);
    }
    const answered = this.#answer(
      (refresh) => refresh.hours === hours && shown.timestamp >= refresh.at - pollMayBeOld,
    );
    const subscription = this.#subscription;
    if (subscription?.view.hours === hours) this.#count(subscription, shown, at, answered);
    else this.#spend(`an update of ${hours} h, which it does not follow`);
  }

  /** An update of the subscription's range: an answer, or news. */
  #count(subscription: Subscription, shown: Shown, at: number, answered: boolean): void {
    const isNews = this.#last === undefined || !equalJson(this.#last.figures, shown.figures);
    if (!isNews && subscription.granted === 0) this.#spend('an update without any change');
    else if (subscription.granted > 0) subscription.granted -= 1;
    else if (!answered) subscription.updates += 1;
    this.#last = shown;
    this.#isFaulty = false;
    const passed = at - subscription.at;
    if (subscription.updates > (passed + heardLate) / subscription.shortest + subscription.beginnings) {
      throw new Error(
        `${subscription.updates} updates in ${passed} s, at most each ${subscription.shortest} s`,
      );
    }
  }

  #failed({ error, timestamp }: JsonObject, at: number): void {
    if (typeof error !== 'string' || typeof timestamp !== 'number') throw new Error('not an error');
    if (!engineFault.test(error)) {
      if (this.#nonsense === 0) throw new Error(`an answer to nothing: ${error}`);
      this.#nonsense -= 1;
      return;
    }
    const answered = this.#answer((refresh) => timestamp >= refresh.at - pollMayBeOld && at >= refresh.at);
    const subscription = this.#subscription;
    if (subscription === undefined || this.#isFaulty) {
      if (!answered) this.#spend(`a second error, or one of nothing that it follows: ${error}`);
    } else {
      this.#isFaulty = true;
      // When the fault is over its figures are shown as live again, changed or not.
      subscription.granted += 1;
    }
  }

  #checkContent({ figures, hours = 0, version = 0 }: Shown): void {
    const ways = [
      undefined,
      this.#subscription?.view.sections,
      ...this.#asked.map(({ view }) => view.sections),
    ];
    if (ways.some((sections) => equalJson(figures, shownOf(version, { hours, sections })))) return;
    throw new Error(`not what the engine has: ${JSON.stringify(figures)}`);
  }

  /** Strikes off the refreshes that are answered by now; returns whether there were any. */
  #answer(isAnswered: (refresh: Refresh) => boolean): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((refresh) => !isAnswered(refresh));
    return this.#waiting.length < before;
  }

  /** Accounts for something by a refresh. */
  #spend(what: string): void {
    if (this.#credit === 0) throw new Error(what);
    this.#credit -= 1;
  }
}
