import type { Following } from './following.ts';
import type { Hub } from './hub.ts';
import type { View } from './view.ts';

/** What most sessions have more than one of: nothing. Shared, and never changed. */
const none: readonly never[] = [];

/** What one session follows, and all that is asked of it together. */
export class Followings {
  #all: readonly Following<View>[] = none;
  /** Messages that were sent by views that were left. */
  #sentBefore = 0;

  add(following: Following<View>): void {
    this.#all = this.#all.concat(following);
  }

  /** Leaves its view, and gives that back. */
  remove(following: Following<View>): void {
    if (!this.#all.includes(following)) return;
    this.#all = this.#all.filter((other) => other !== following);
    this.giveBack(following);
  }

  removeAll(): void {
    const all = this.#all;
    this.#all = none;
    for (const following of all) this.giveBack(following);
  }

  giveBack(following: Following<View>): void {
    const { view, lease } = following;
    this.#sentBefore += view.sentTo(following);
    view.remove(following);
    lease.release();
  }

  /** Messages sent by all views, those that were left included. */
  get sent(): number {
    return this.#all.reduce((sum, following) => sum + following.view.sentTo(following), this.#sentBefore);
  }

  /** How many versions or events were not sent yet, of the view where these are most. */
  get behind(): number {
    return Math.max(0, ...this.#all.map((following) => following.view.behind(following)));
  }

  /** Has the session told of the events that were dropped until now. */
  countDropped(): void {
    for (const following of this.#all) following.view.countDropped(following);
  }

  /** Brings what is lacking, by `send` where that is due, and else by a sweep when it is. */
  catchUp(now: number, hub: Hub, send: (following: Following<View>) => void): void {
    for (const following of this.#all) {
      const { view } = following;
      if (!view.isBehind(following)) continue;
      if (view.isDue(following, now)) send(following);
      else hub.request(view);
    }
  }

  /** Has repeated what is to be: by a sweep, which yields, as in a quiet hour thousands are due at the same time. */
  repeat(now: number, hub: Hub): void {
    for (const following of this.#all) {
      if (following.view.isRepeatDue(following, now)) hub.request(following.view);
    }
  }
}
