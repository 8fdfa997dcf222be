import { randomId } from '../../core/random.ts';
import type { ChainParts } from '../chain.ts';
import type { ConnectionEvents, LiveConnection } from '../connection.ts';
import { FallbackChain, transportsOf } from '../fallback-chain.ts';
import type { PacketRead } from '../server-packet.ts';
import type { ViewOptions } from '../types.ts';
import { Link, type Share } from './link.ts';
import type { Relayed, Standing, TabWord, Via } from './messages.ts';

interface LeaderOptions extends ChainParts {
  readonly term: number;
  /** Says something to the other tabs. */
  readonly post: (word: TabWord) => void;
  readonly events: ConnectionEvents;
  /** The interval that the group wants now. */
  readonly interval: () => NonNullable<ViewOptions['interval']>;
}

/** The tab that is connected: it passes on what the gateway says, and how it stands itself. */
export class Leader implements Share {
  readonly #options: LeaderOptions;
  readonly #chain: FallbackChain;
  /** The live connection, as its numbers and tabs know it. */
  #held: { readonly connection: LiveConnection; readonly via: Via; readonly link: Link } | undefined;
  #number = 0;
  #heardAt: number | undefined;
  /** When the document came, and a PONG that came since. */
  #packetAt = 0;
  #pong: Relayed | undefined;
  #toldStanding = '';
  #interval: ViewOptions['interval'];

  constructor(options: LeaderOptions) {
    const { settings, view, context, since, interval } = options;
    this.#options = options;
    this.#interval = interval();
    const wanted = () => ({ ...view.wanted(), interval: interval() });
    const groupView = { ...view, wanted, query: view.queryOf(wanted) };
    this.#chain = new FallbackChain(transportsOf(settings, groupView, since), {
      ...context,
      events: this.#tap(options.events),
    });
    this.#chain.update();
  }

  get live(): Link | undefined {
    const { live } = this.#chain;
    if (!live) return undefined;
    const { link } = this.#hold(live);
    link.isSilent = live.isSilent;
    return link;
  }

  get reasons(): string {
    return this.#chain.reasons;
  }

  get isOpening(): boolean {
    return this.#chain.isOpening;
  }

  update(): void {
    this.#chain.update();
  }

  renew(): void {
    this.#chain.renew();
  }

  wake(): void {
    this.#chain.wake();
  }

  askForWhole(isStuck: boolean): void {
    this.#chain.askForWhole(isStuck);
  }

  close(): void {
    this.#chain.close();
  }

  /** Has the interval that the group wants put in force. Returns whether it is not yet. */
  adaptInterval(): boolean {
    const { context, interval } = this.#options;
    const { requests, timing } = context;
    const next = interval();
    if (next === this.#interval) return false;
    this.#interval = next;
    const requestId = randomId();
    const command = 'SUBSCRIBE';
    const connection = this.#chain.subscribe({ type: command, requestId, interval: next });
    if (connection) {
      requests.wait({ command, requestId, connection, timeoutMs: timing.answerMs }).catch((error: unknown) => {
        // The next connection asks for it from the start.
        if (this.#chain.live === connection) this.#chain.renew();
      });
    }
    return true;
  }

  /** Says how it stands: where that changed, or somebody asked. */
  tellStanding(isAsked: boolean): void {
    const { post, term } = this.#options;
    const standing = this.#standing();
    const { heardAt: _, ...facts } = standing;
    const told = JSON.stringify(facts);
    if (!isAsked && told === this.#toldStanding) return;
    this.#toldStanding = told;
    post({ type: 'beat', term, standing });
  }

  /** Gives a tab all there is. What is incomplete just now is not passed on: the whole comes to everyone. */
  welcome(to: string): void {
    const { post, replica, term } = this.#options;
    const { held, position, isBehind } = replica;
    const standing = this.#standing();
    const { via = { number: 0, transport: 'polling' } } = standing;
    const relayed: Relayed[] = [];
    if (this.#packetAt > 0 && !isBehind) {
      relayed.push({ via, packet: this.#document(), bytes: 0, at: this.#packetAt });
      if (this.#pong) relayed.push({ ...this.#pong, bytes: 0 });
    }
    post({ type: 'welcome', term, to, standing, relayed });
  }
}
