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
    if (message.type === 'relay') this.#takeRelayed(message.relayed);
    else if (message.type === 'beat') this.#takeStanding(message.standing);
    else if (message.type === 'welcome' && message.to === own) {
      const { standing, document, pong } = message;
      const isLive = standing.via !== undefined;
      const isSilent = standing.isSilent || !isLive;
      for (const relayed of [document, pong]) if (relayed) this.#takeRelayed(relayed, { isLive, isSilent });
      this.#takeStanding(standing);
    }
  }

  /** @param how how the leader stood towards the gateway when it said so */
  #takeRelayed(
    { via, packet, bytes, at }: Relayed,
    { isLive, isSilent } = { isLive: true, isSilent: false },
  ): void {
    const { clock, events } = this.#options;
    const isNew = this.#live === undefined || this.#via !== via.number;
    // As with a connection of one's own, nothing counts before there is a document.
    if (isNew && !(typeof packet === 'object' && 'seq' in packet)) return;
    const live = isNew || !this.#live ? new Link(via.transport) : this.#live;
    this.#live = live;
    this.#via = via.number;
    live.lagMs = Math.max(0, clock.now() - at);
    live.isSilent = isSilent;
    events.onHeard();
    const isPong = typeof packet === 'object' && packet.type === 'PONG';
    const own = isPong ? { ...packet, t: clock.monotonic() - Number(packet.t) } : packet;
    events.onMessage(own, bytes, live);
    // The application may have closed the client meanwhile.
    if (isNew && isLive && this.#live === live) events.onLive(via.transport);
  }

  #takeStanding({ via, isSilent, reasons, heardAt }: Standing): void {
    const { clock, events, ask } = this.#options;
    this.#reasons = reasons;
    if (via === undefined) this.#live = undefined;
    else if (this.#live === undefined || this.#via !== via.number) ask(true);
    if (this.#live && heardAt !== undefined) {
      this.#live.isSilent = isSilent;
      this.#live.lagMs = Math.max(0, clock.now() - heardAt);
      events.onHeard();
    }
    events.onChange();
  }
}
