import { randomId } from '../../core/random.ts';
import type { ChainParts } from '../chain.ts';
import type { ConnectionEvents, GatewayConnection, LiveConnection, Refusal } from '../connection.ts';
import { FallbackChain, transportsOf } from '../fallback-chain.ts';
import type { PacketRead, ServerPacket } from '../server-packet.ts';
import type { TelemetryClient, TransportName, ViewOptions } from '../types.ts';
import { Link, type Share } from './link.ts';
import type { Relayed, Standing, TabWord, Via } from './messages.ts';

interface LeaderOptions extends ChainParts {
  readonly events: ConnectionEvents;
  readonly asked: TelemetryClient['wanted'];
  readonly term: number;
  /** See Standing. */
  readonly isLocked: () => boolean;
  /** See `knownTransport` of Group. */
  readonly knownTransport: () => TransportName | undefined;
  /** Says something to the other tabs. */
  readonly post: (word: TabWord) => void;
  /** The interval that the group wants now. */
  readonly interval: () => NonNullable<ViewOptions['interval']>;
}

/** A live connection, as this tab and the others know it. */
interface Held {
  readonly connection: LiveConnection;
  readonly via: Via;
  readonly link: Link;
}

/** The tab that is connected: it passes on what the gateway says, and how it stands itself. */
export class Leader implements Share {
  readonly #options: LeaderOptions;
  readonly #chain: FallbackChain;
  #held: Held | undefined;
  #connections = 0;
  #relays = 0;
  #heardAt: number | undefined;
  /** When the document came; undefined: none did by a connection of this tab. */
  #packetAt: number | undefined;
  /** What came after it and vouches for it. */
  #pong: Relayed | undefined;
  #told = '';
  #interval: ViewOptions['interval'];

  constructor(options: LeaderOptions) {
    const { view, asked, context, since, events, interval, knownTransport } = options;
    this.#options = options;
    this.#interval = interval();
    const wanted = () => ({ ...asked, interval: interval() });
    const groupView = {
      wanted,
      query: (...[transport, position]: Parameters<typeof view.query>) =>
        view.query(transport, position, wanted()),
    };
    const transports = transportsOf(context, groupView, since);
    const known = transports.findIndex(({ name }) => name === knownTransport());
    // Better ones are tried too, but what got through for the tab before is not held up by them.
    const hurried = transports.map((transport, index) =>
      index < known ? { ...transport, failuresBeforeNext: 0 } : transport,
    );
    this.#chain = new FallbackChain(
      hurried,
      { ...context, events: this.#tap(events) },
      knownTransport() !== undefined,
    );
  }

  get live(): Link | undefined {
    const { live } = this.#chain;
    if (!live) return undefined;
    const { link } = this.#hold(live);
    link.isSilent = live.isSilent;
    return link;
  }

  get socket(): GatewayConnection | undefined {
    return this.#chain.socket;
  }

  get refusal(): Refusal | undefined {
    return this.#chain.refusal;
  }

  get isOpening(): boolean {
    return this.#chain.isOpening;
  }

  get reasons(): string {
    return this.#chain.reasons;
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
    this.#chain.stop();
  }

  /** Has the interval that the group wants put in force. */
  adaptInterval(): void {
    const { context, interval } = this.#options;
    const { requests, timing } = context;
    const next = interval();
    if (next === this.#interval) return;
    this.#interval = next;
    const request = { command: 'SUBSCRIBE', requestId: randomId() };
    const { command: type, requestId } = request;
    const connection = this.#chain.subscribe({ type, requestId, interval: next });
    if (!connection) return;
    requests.wait({ ...request, connection, timeoutMs: timing.answerMs }).catch(() => {
      // Nobody knows what is in force there.
      if (this.#chain.live === connection) this.#chain.renew();
    });
  }

  /** Tells the others how it stands. */
  beat(): void {
    const { post, term } = this.#options;
    post({ type: 'beat', term, standing: this.#standing });
  }

  /** Gives a tab all there is. A document that something was lost of is not: the whole one comes to all. */
  welcome(to: string): void {
    const { post, replica, term } = this.#options;
    const standing = this.#standing;
    const via = standing.via ?? { number: 0, transport: 'polling' };
    const at = this.#packetAt;
    const isWhole = at !== undefined && !replica.isBehind;
    const document = isWhole
      ? { number: this.#relays, via, packet: this.#document, bytes: 0, at }
      : undefined;
    post({ type: 'welcome', term, to, standing, document, pong: isWhole ? this.#pong : undefined });
  }

  get #standing(): Standing {
    const { live, reasons } = this;
    return {
      via: live && this.#held?.via,
      isSilent: live?.isSilent ?? false,
      reasons,
      isLocked: this.#options.isLocked(),
      relays: this.#relays,
      heardAt: this.#heardAt,
    };
  }

  get #document(): ServerPacket {
    const { replica, granted } = this.#options;
    const { epoch = '', seq = 0 } = replica.position ?? {};
    const document = { epoch, seq, data: replica.held };
    const options = granted();
    return options ? { type: 'WELCOME', ...document, granted: options } : { type: 'TELEMETRY', ...document };
  }

  #hold(connection: LiveConnection): Held {
    if (this.#held?.connection === connection) return this.#held;
    this.#connections += 1;
    const { transport } = connection;
    const via = { number: this.#connections, transport };
    this.#held = { connection, via, link: new Link(transport) };
    return this.#held;
  }

  /** Listens in on what happens to the connections. */
  #tap(events: ConnectionEvents): ConnectionEvents {
    const { clock } = this.#options.context;
    return {
      onHeard: () => {
        this.#heardAt = clock.now();
        events.onHeard();
      },
      onMessage: (message, bytes, connection) => {
        // What comes by a connection that was replaced is for nobody else.
        const held = connection === this.#chain.live ? this.#hold(connection) : undefined;
        if (held) this.#relay(message, bytes, held.via);
        events.onMessage(message, bytes, held?.link ?? connection);
      },
      onLive: (transport) => {
        events.onLive(transport);
        this.#beatOnChange();
      },
      onChange: () => {
        events.onChange();
        this.#beatOnChange();
      },
    };
  }

  #beatOnChange(): void {
    const { via, isSilent, reasons } = this.#standing;
    const told = JSON.stringify([via, isSilent, reasons]);
    if (told === this.#told) return;
    this.#told = told;
    this.beat();
  }

  #relay(message: PacketRead, bytes: number, via: Via): void {
    if (!isForAll(message)) return;
    const { context, post, term } = this.#options;
    const { clock } = context;
    const at = clock.now();
    const isPong = typeof message === 'object' && message.type === 'PONG';
    // Each tab has a clock of its own: what they have in common is how long it took.
    const packet = isPong ? { ...message, t: clock.monotonic() - Number(message.t) } : message;
    this.#relays += 1;
    const relayed = { number: this.#relays, via, packet, bytes, at };
    if (isPong) this.#pong = relayed;
    else if (typeof message === 'object' && 'seq' in message) {
      this.#packetAt = at;
      this.#pong = undefined;
    }
    post({ type: 'relay', term, relayed });
  }
}

/** Answers to requests of this tab are for nobody else. */
function isForAll(message: PacketRead): boolean {
  if (typeof message === 'string') return message === 'malformed';
  if (message.type === 'ACK') return message.granted !== undefined;
  return message.type !== 'ERROR' || message.requestId === undefined;
}
