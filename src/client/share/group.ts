import type { Cancel } from '../../core/clock.ts';
import { randomId } from '../../core/random.ts';
import type { Granted } from '../../wire/packet.ts';
import type { ChainParts } from '../chain.ts';
import type { ConnectionEvents, GatewayConnection, Refusal } from '../connection.ts';
import type { TelemetryClient, TransportName } from '../types.ts';
import { Election, looksToReplace } from './election.ts';
import { Follower } from './follower.ts';
import { Leader } from './leader.ts';
import { holdLock, type LockManagerLike, onLockFree } from './life-lock.ts';
import type { Link } from './link.ts';
import { isTabMessage, type TabMessage, type TabWord } from './messages.ts';
import type { NudgedClock } from './nudged-clock.ts';
import type { BroadcastChannelConstructor, BroadcastChannelLike } from './types.ts';

/** A follower looks after its leader so often; more often where less silence is stale. */
const mostLookMs = 750;
/** Whoever was not heard of for so long is gone: a hidden page runs its timers once a minute. */
const presenceMs = 150_000;

/** What a group asks the gateway for while it is not paused, whatever one of its tabs wants meanwhile. */
export type GroupView = TelemetryClient['wanted'] & { readonly interval: number };

interface GroupOptions extends ChainParts {
  readonly clock: NudgedClock;
  readonly events: ConnectionEvents;
  readonly BroadcastChannel: BroadcastChannelConstructor;
  readonly locks: LockManagerLike | null | undefined;
  /** See `groupName`. Undefined: this tab shares with nobody. */
  readonly name: string | undefined;
  /** What got through to the gateway last, in any tab of the group; undefined: that is not known. */
  readonly knownTransport: () => TransportName | undefined;
  readonly asked: GroupView;
}

/** What this tab has of one group of tabs that share a connection: it leads it, or follows, or is about to do either. */
export class Group {
  /** Undefined: it is this tab alone. */
  name: string | undefined;
  readonly #options: GroupOptions;
  /** Sorts by age. */
  readonly #id: string;
  #channel: BroadcastChannelLike | undefined;
  readonly #election: Election;
  readonly #stopCounting: Cancel;
  /** Followers that were heard of lately: when that was, monotonic ms, and whether they want no figures now. */
  readonly #followers = new Map<string, { readonly at: number; readonly pauses: boolean }>();
  #role: Leader | Follower | undefined;
  #lostReason = '';
  /** Aborted with the role. */
  #roleEnds = new AbortController();
  /** This tab leads and holds the lock of its name, or follows and waits for that of its leader. */
  #isLocked = false;

  constructor(options: GroupOptions) {
    const { name, clock, context, BroadcastChannel } = options;
    const { staleMs = Infinity } = context.timing;
    const id = `${clock.now().toString(36)}-${randomId()}`;
    this.name = name;
    this.#options = options;
    this.#id = id;
    this.#election = new Election({
      id,
      clock,
      lookEveryMs: Math.min(mostLookMs, staleMs / looksToReplace),
      post: (word) => this.#post(word),
      onLead: (isLeading) => this.#lead(isLeading),
      onFollow: (isLed) => this.#follow(isLed),
      ask: () => this.#ask(false),
      answer: () => this.#role instanceof Leader && this.#role.beat(),
    });
    this.#stopCounting = clock.every(presenceMs, () => this.adaptInterval());
    if (name === undefined) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: { readonly data: unknown }) => {
      if (isTabMessage(data)) this.#take(data);
      clock.nudge();
    };
  }

  get live(): Link | undefined {
    return this.#role?.live;
  }

  get reasons(): string {
    return this.#role?.reasons ?? this.#lostReason;
  }

  get socket(): GatewayConnection | undefined {
    return this.#role instanceof Leader ? this.#role.socket : undefined;
  }

  get refusal(): Refusal | undefined {
    return this.#role instanceof Leader ? this.#role.refusal : undefined;
  }

  get isOpening(): boolean {
    return this.#role instanceof Leader ? this.#role.isOpening : this.#role === undefined;
  }

  /** Whether it is the group of this name; of those without one, that of this view. */
  isFor(name: string | undefined, asked: GroupView): boolean {
    return this.name === name && JSON.stringify(this.#options.asked) === JSON.stringify(asked);
  }

  /** Joins the group. */
  start(): void {
    if (this.name === undefined) this.#election.lead();
    else this.#election.stand();
  }

  update(): void {
    if (!(this.#role instanceof Leader)) return;
    this.#role.update();
    // It may be for this tab's token, and the others have another one: each asks for itself.
    if (this.#role.refusal) this.#leave();
  }

  /** This tab has another token of the same bearer. */
  renew(): void {
    if (this.#role instanceof Leader) this.#role.renew();
  }

  /** What this tab wants may now be another interval than before. */
  adaptInterval(): void {
    if (this.#role instanceof Leader) {
      const from = this.#options.clock.monotonic() - presenceMs;
      for (const [id, { at }] of this.#followers) if (at < from) this.#followers.delete(id);
      this.#role.adaptInterval();
    } else if (this.#role) {
      this.#ask(false);
    }
  }

  /** Whether these options are what this tab wants, as far as the others of the group let it. */
  isInForce(granted: Granted | undefined): boolean {
    const isPaused = granted?.interval === 'pause';
    if (this.#role instanceof Leader && granted) return isPaused === (this.#interval() === 'pause');
    return this.#pauses || !isPaused;
  }

  askForWhole(isStuck: boolean): void {
    this.#role?.askForWhole(isStuck);
  }

  /** This tab took no document: it is not served here before it is given another one. */
  forget(): void {
    if (this.#role instanceof Follower) this.#role.close();
  }

  wake(): void {
    this.#role?.wake();
  }

  /** Leaves the group: who led it hands it over. */
  close(): void {
    this.#leave();
    this.#stopCounting();
    this.#endRole();
  }

  /** What this tab has is for nobody else any more. */
  #leave(): void {
    this.#post({ type: 'bye' });
    this.#channel?.close();
    this.#channel = undefined;
    this.#election.stop();
    this.#roleEnds.abort();
    this.#followers.clear();
    this.name = undefined;
  }

  #endRole(): void {
    this.#role?.close();
    this.#role = undefined;
    this.#roleEnds.abort();
    this.#roleEnds = new AbortController();
    this.#isLocked = false;
  }

  #holdLock(): void {
    const { locks } = this.#options;
    if (!locks || this.name === undefined) return;
    holdLock(locks, this.#id, this.#roleEnds.signal, () => {
      this.#isLocked = true;
      if (this.#role instanceof Leader) this.#role.beat();
    });
  }

  #watchLock(leader: string): void {
    const { locks } = this.#options;
    if (!locks || this.#isLocked || !(this.#role instanceof Follower)) return;
    this.#isLocked = true;
    onLockFree(locks, leader, this.#roleEnds.signal, () => this.#election.lose());
  }

  get #pauses(): boolean {
    return this.#options.view.wanted().interval === 'pause';
  }

  #interval(): number | 'pause' {
    const pauses = this.#pauses && [...this.#followers.values()].every((follower) => follower.pauses);
    return pauses ? 'pause' : this.#options.asked.interval;
  }

  #post(word: TabWord): void {
    this.#channel?.postMessage({ ...word, from: this.#id });
  }

  #ask(wantsWhole: boolean): void {
    this.#post({ type: 'ask', wantsWhole, pauses: this.#pauses });
  }

  #take(message: TabMessage): void {
    const { from } = message;
    if (this.#election.take(message)) {
      if (this.#role instanceof Follower) this.#role.take(message, this.#id);
      if ('standing' in message && message.standing.isLocked) this.#watchLock(from);
    } else if (this.#role instanceof Leader) {
      if (message.type === 'ask') this.#answer(this.#role, from, message);
      if (message.type === 'bye' && this.#followers.delete(from)) this.adaptInterval();
    }
  }

  #answer(
    leader: Leader,
    from: string,
    { wantsWhole, pauses }: { wantsWhole: boolean; pauses: boolean },
  ): void {
    this.#followers.set(from, { at: this.#options.clock.monotonic(), pauses });
    this.adaptInterval();
    if (wantsWhole) leader.welcome(from);
    else leader.beat();
  }

  #lead(isLeading: boolean): void {
    this.#endRole();
    this.#followers.clear();
    this.#role = isLeading
      ? new Leader({
          ...this.#options,
          term: this.#election.term,
          isLocked: () => this.#isLocked,
          post: (word) => this.#post(word),
          interval: () => this.#interval(),
        })
      : undefined;
    if (isLeading) this.#holdLock();
    this.#options.events.onChange();
  }

  #follow(isLed: boolean): void {
    this.#endRole();
    const { clock, events } = this.#options;
    const ask = (wantsWhole: boolean): void => this.#ask(wantsWhole);
    this.#lostReason = 'the tab that was connected is gone';
    this.#role = isLed ? new Follower({ clock, events, ask }) : undefined;
    events.onChange();
  }
}
