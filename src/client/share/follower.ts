import type { Clock } from '../../core/clock.ts';
import type { ConnectionEvents } from '../connection.ts';
import { Link, type Share } from './link.ts';
import type { Relayed, Standing, TabMessage } from './messages.ts';

interface FollowerOptions {
  readonly clock: Clock;
  readonly events: ConnectionEvents;
  /** Asks the leader for a sign of life, or for the whole document. */
  readonly ask: (wantsWhole: boolean) => void;
}

/** A tab that is told by another one what the gateway says, and takes it as if it came by a connection of its own. */
export class Follower implements Share {
  readonly #options: FollowerOptions;
  #live: Link | undefined;
  /** The leader's, by number. */
  #via = 0;
  /** What was taken of the leader's; see Standing. */
  #relays = 0;
  #reasons = '';

  constructor(options: FollowerOptions) {
    this.#options = options;
    options.ask(true);
  }

  get live(): Link | undefined {
    return this.#live;
  }

  get reasons(): string {
    return this.#reasons;
  }

  wake(): void {
    this.#options.ask(false);
  }

  askForWhole(): void {
    this.#options.ask(true);
  }

  close(): void {
    this.#live = undefined;
  }

  /** Takes what the leader says. */
  take(message: TabMessage, own: string): void {
    if (message.type === 'relay') this.#takeNext(message.relayed);
    else if (message.type === 'beat') this.#takeStanding(message.standing, true);
    else if (message.type === 'welcome' && message.to === own) {
      const { standing, document, pong } = message;
      for (const relayed of [document, pong]) if (relayed) this.#takeRelayed(relayed, standing);
      this.#relays = standing.relays;
      // One that has no whole document itself has no more to give, and passes it on when it comes.
      this.#takeStanding(standing, false);
    }
  }

  #takeNext(relayed: Relayed): void {
    const { via, number } = relayed;
    if (this.#live && this.#via === via.number && number !== this.#relays + 1) {
      this.#lose();
    } else {
      this.#relays = number;
      this.#takeRelayed(relayed, { via, isSilent: false });
    }
  }

  /** @param standing how the leader stood towards the gateway when it said so */
  #takeRelayed({ via, packet, bytes, at }: Relayed, standing: Pick<Standing, 'via' | 'isSilent'>): void {
    const { clock, events } = this.#options;
    const isNew = this.#live === undefined || this.#via !== via.number;
    // As with a connection of one's own, nothing counts before there is a document: a change may be one of another view.
    if (isNew && !(typeof packet === 'object' && 'seq' in packet && packet.type !== 'DELTA')) return;
    const live = isNew || !this.#live ? new Link(via.transport) : this.#live;
    this.#live = live;
    this.#via = via.number;
    live.lagMs = Math.max(0, clock.now() - at);
    live.isSilent = standing.isSilent || standing.via === undefined;
    events.onHeard();
    const isPong = typeof packet === 'object' && packet.type === 'PONG';
    const own = isPong ? { ...packet, t: clock.monotonic() - Number(packet.t) } : packet;
    events.onMessage(own, bytes, live);
    // The application may have closed the client meanwhile.
    if (isNew && standing.via && this.#live === live) events.onLive(via.transport);
  }

  #takeStanding({ via, isSilent, reasons, relays, heardAt }: Standing, mayAsk: boolean): void {
    const { clock, events, ask } = this.#options;
    this.#reasons = reasons;
    if (via === undefined) this.#live = undefined;
    else if (this.#live === undefined || this.#via !== via.number) {
      if (mayAsk) ask(true);
    } else if (relays !== this.#relays) this.#lose();
    if (this.#live && heardAt !== undefined) {
      this.#live.isSilent = isSilent;
      this.#live.lagMs = Math.max(0, clock.now() - heardAt);
      events.onHeard();
    }
    events.onChange();
  }

  /** What is held may be an older document than the leader's: nothing vouches for it until that is here. */
  #lose(): void {
    this.#live = undefined;
    this.#reasons = 'a packet was lost';
    this.#options.ask(true);
    this.#options.events.onChange();
  }
}
