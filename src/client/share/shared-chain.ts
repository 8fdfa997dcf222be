import type { Cancel } from '../../core/clock.ts';
import type { Chain, ChainParts } from '../chain.ts';
import type { ConnectionEvents, GatewayConnection, Refusal } from '../connection.ts';
import type { TransportName, Unsubscribe } from '../types.ts';
import { Group, type GroupView } from './group.ts';
import { groupName } from './group-name.ts';
import type { LockManagerLike } from './life-lock.ts';
import type { Link } from './link.ts';
import type { NudgedClock } from './nudged-clock.ts';
import { onPageAway } from './page-life.ts';
import type { BroadcastChannelConstructor } from './types.ts';

interface SharedChainOptions extends ChainParts {
  readonly clock: NudgedClock;
  readonly BroadcastChannel: BroadcastChannelConstructor;
  readonly locks: LockManagerLike | null | undefined;
}

/**
 * The document by a connection that tabs share. Which tabs those are follows from address, view and token: where one
 * of these changes, this tab goes over to another group, and stays with the one before until it is served there.
 */
export class SharedChain implements Chain {
  readonly #options: SharedChainOptions;
  #stopWatching: Unsubscribe = () => {};
  /** The group in use. */
  #group: Group | undefined;
  /** The one that this tab goes over to. */
  #next: Group | undefined;
  /** Of the view, apart from pauses. */
  #intervalMs = 0;
  /** What got through last. */
  #transport: TransportName | undefined;
  /** Each look for the right group makes those before it void. */
  #looks = 0;
  /** Somebody waits for the interval of now to be in force. */
  #awaitsInterval = false;
  /** While this tab has a connection of its own for a HALT: ends that. */
  #cancelAlone: Cancel | undefined;
  #isRunning = false;
  #isAway = false;

  constructor(options: SharedChainOptions) {
    this.#options = options;
  }

  get live(): Link | undefined {
    return this.#group?.live;
  }

  /** Commands never go by another tab's: where this one has none, they go by HTTP. */
  get socket(): GatewayConnection | undefined {
    return this.#group?.socket;
  }

  get reasons(): string {
    return this.#group?.reasons ?? '';
  }

  get refusal(): Refusal | undefined {
    return this.#group?.refusal;
  }

  get isOpening(): boolean {
    return this.#next !== undefined || (this.#group?.isOpening ?? true);
  }

  update(): void {
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#stopWatching = onPageAway((isAway) => this.#setAway(isAway));
      this.#find(false);
    }
    this.#group?.update();
    this.#next?.update();
  }

  subscribe(): undefined {
    if (this.#isRunning && !this.#isAway) this.#find(false);
  }

  askForWhole(isStuck: boolean): void {
    this.#group?.askForWhole(isStuck);
  }

  renew(): void {
    if (this.#isRunning && !this.#isAway) this.#find(true);
  }

  wake(isStuck = false): void {
    if (isStuck) this.#goAlone();
    this.#group?.wake();
    this.#next?.wake();
  }

  stop(): void {
    this.#isRunning = false;
    this.#isAway = false;
    this.#stopWatching();
    this.#leave();
  }

  #leave(): void {
    this.#looks += 1;
    this.#cancelAlone?.();
    this.#cancelAlone = undefined;
    for (const group of [this.#group, this.#next]) group?.close();
    this.#group = undefined;
    this.#next = undefined;
  }

  #setAway(isAway: boolean): void {
    if (this.#isAway === isAway) return;
    this.#isAway = isAway;
    // Others go on at once, and this tab is nobody's follower while it hears nothing.
    if (isAway) this.#leave();
    else this.#find(false);
    this.#options.context.events.onChange();
  }

  /** HTTP may be blocked where the WebSocket of another tab is open: this tab opens one too, as long as a HALT takes. */
  #goAlone(): void {
    const { clock, timing } = this.#options.context;
    if (this.#cancelAlone || this.socket || this.live?.transport !== 'websocket') return;
    this.#cancelAlone = clock.after(timing.answerMs, () => {
      this.#cancelAlone = undefined;
      this.#find(false);
    });
    this.#looks += 1;
    this.#goTo(undefined, this.#asked, false);
  }

  /** Looks which group this tab belongs to now. */
  #find(isRenewed: boolean): void {
    this.#looks += 1;
    const look = this.#looks;
    const asked = this.#asked;
    this.#nameFor(asked).then(
      (name) => {
        if (look === this.#looks) this.#goTo(name, asked, isRenewed);
      },
      // Without a token, a connection of its own tells what is wrong, and tries again.
      () => {
        if (look === this.#looks) this.#goTo(undefined, asked, isRenewed);
      },
    );
  }

  /** The view that is wanted now, apart from pauses. */
  get #asked(): GroupView {
    const wanted = this.#options.view.wanted();
    if (wanted.interval !== 'pause') this.#intervalMs = wanted.interval ?? 0;
    return { ...wanted, interval: this.#intervalMs };
  }

  async #nameFor(asked: GroupView): Promise<string | undefined> {
    const { context } = this.#options;
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = context.clock.after(context.timing.connectMs, () => reject(new Error('no token in time')));
    });
    try {
      const token = await Promise.race([context.tokens.get(), late]);
      return await groupName(context, asked, token);
    } finally {
      cancel();
    }
  }

  #goTo(name: string | undefined, asked: GroupView, isRenewed: boolean): void {
    const known = [this.#next, this.#group].find((group) => group?.isFor(name, asked));
    if (this.#next !== known) {
      this.#next?.close();
      this.#next = undefined;
    }
    if (known) {
      if (isRenewed) known.renew();
      known.adaptInterval();
      this.#awaitsInterval = known === this.#group;
      this.#settleInterval();
      return;
    }
    const group: Group = new Group({
      ...this.#options,
      name,
      asked,
      knownTransport: () => this.#transport,
      events: this.#eventsOf(() => group),
    });
    if (this.#group) this.#next = group;
    else this.#group = group;
    group.start();
  }

  /** What happens in a group counts from when this tab is served there. */
  #eventsOf(self: () => Group): ConnectionEvents {
    const { events } = this.#options.context;
    const isServed = (): boolean => {
      const group = self();
      if (group === this.#next && group.live?.isSilent === false) {
        this.#group?.close();
        this.#group = group;
        this.#next = undefined;
      }
      return group === this.#group;
    };
    return {
      onHeard: () => {
        if (isServed()) events.onHeard();
      },
      onMessage: (message, bytes, connection) => {
        events.onMessage(message, bytes, connection);
        if (!(typeof message === 'object' && 'seq' in message)) return;
        if (self() === this.#group) this.#settleInterval();
        else self().forget();
      },
      onLive: (transport) => {
        if (!isServed()) return;
        this.#transport = transport;
        events.onLive(transport);
        // There is a token after all.
        if (this.#group?.name === undefined && !this.#cancelAlone) this.#find(false);
      },
      onChange: () => events.onChange(),
    };
  }

  /** Answers `setOptions` where that changed no more than whether this tab wants figures. */
  #settleInterval(): void {
    const { granted, context } = this.#options;
    if (!this.#awaitsInterval || !this.#group?.live || !this.#group.isInForce(granted())) return;
    this.#awaitsInterval = false;
    context.requests.connected(granted());
  }
}
