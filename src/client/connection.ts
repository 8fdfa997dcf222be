import type { Cancel } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ClientSettings } from './options.ts';
import type { PacketRead } from './server-packet.ts';
import type { Tokens } from './tokens.ts';
import type { TransportName } from './types.ts';

/** A kind of connection. */
export interface ClientTransport {
  readonly name: TransportName;
  /** May throw where that is impossible from the start. */
  open(token: string | undefined, connection: ChannelOwner): Channel;
  /** Silence after which a connection counts as silent. Undefined: each answer has a timeout of its own. */
  readonly staleMs?: () => number;
}

/** What carries the bytes: a WebSocket, an event stream, or a series of polls. */
export interface Channel {
  /** Sends a message; undefined where the transport has no way back. */
  readonly send?: (message: object) => void;
  /** Ends it; what is told of it afterwards does not count. `abruptly`: the other end does not answer anyway. */
  close(abruptly: boolean): void;
}

/** What a channel tells of itself. */
export type ChannelOwner = Pick<GatewayConnection, 'take' | 'heard' | 'end'>;

/** How a connection ended, or why there is none. */
export interface ConnectionEnd {
  /** For people. */
  readonly reason: string;
  /** The token was refused, or has expired: the next attempt needs another one. */
  readonly refusesToken?: boolean;
  /** The gateway has no such view. */
  readonly refusesView?: ViewFault | undefined;
  /** The gateway asks to wait for so long at least. */
  readonly retryAfterMs?: number;
}

/** What is wrong with a view, as a SUBSCRIBE is told by an ERROR. */
export type ViewFault = readonly [code: string, message: string];

/** What a client is told of all its connections. */
export interface ConnectionEvents {
  /** Bytes came, whatever they are. */
  onHeard(): void;
  /** It may have come by a connection that was replaced. */
  onMessage(message: PacketRead, bytes: number, connection: GatewayConnection): void;
  /** A connection gave its first document. `replaced` is the one before, if it is still open: close it. */
  onLive(transport: TransportName, replaced: GatewayConnection | undefined): void;
  onEnded(connection: GatewayConnection): void;
  /** A new connection was refused for the view that it asked for. */
  onRefused(fault: ViewFault): void;
  /** Anything that the state depends on. */
  onChange(): void;
}

/** What all connections of a client have in common. */
export interface ConnectionContext {
  readonly settings: Pick<ClientSettings, 'clock' | 'random' | 'timing'>;
  readonly tokens: Tokens;
  readonly events: ConnectionEvents;
}

/** Who opened a connection, and opens the next. */
interface Opener {
  took(connection: GatewayConnection, message: PacketRead, bytes: number, isFirst: boolean): void;
  ended(connection: GatewayConnection, how: ConnectionEnd, lastedMs: number): void;
}

/**
 * One connection, from the wish for it to its end:
 *
 * ```
 *            first document               the next one is live
 *  opening ──────────────────> live ────────────────────────────> replaced
 *  a token is asked for,       a heartbeat watches over it;       only answers to what was sent
 *  then the channel opened,    its packets make the document      by it are still taken
 *  all within `connectMs`        │                                  │
 *     │                          │ closed, refused, silent for      │ nothing is awaited by it
 *     │ no token, no channel,    │ `silenceMs`; or closed from      │ any more; or closed
 *     │ refused, unreadable,     │ here: another transport is       │
 *     │ too late, given up       │ better, or the client closed     │
 *     └──────────────────────────┴────────────────┬─────────────────┘
 *                                                 v
 *                                                over
 * ```
 *
 * Its Reconnector opens the next one; meanwhile there may be one that is live beside one that is opening.
 */
export class GatewayConnection {
  readonly transport: TransportName;
  readonly #staleMs: (() => number) | undefined;
  readonly #context: ConnectionContext;
  readonly #opener: Opener;
  readonly #cancelTimeout: Cancel;
  #state: 'opening' | 'live' | 'replaced' | 'over' = 'opening';
  #token: string | undefined;
  #channel: Channel | undefined;
  /** While it is live. */
  #heartbeat: Heartbeat | undefined;
  /** When it gave its first document, monotonic ms. */
  #liveAt: number | undefined;

  constructor({ name, open, staleMs }: ClientTransport, context: ConnectionContext, opener: Opener) {
    const { tokens, settings } = context;
    this.transport = name;
    this.#staleMs = staleMs;
    this.#context = context;
    this.#opener = opener;
    this.#cancelTimeout = settings.clock.after(settings.timing.connectMs, () =>
      this.end({ reason: this.#channel ? 'no answer in time' : 'no token in time' }),
    );
    const openWith = (token: string | undefined): void => {
      if (this.#state === 'over') return;
      this.#token = token;
      this.#channel = open(token, this);
    };
    tokens
      .get()
      .then(openWith, (error: unknown) => this.end({ reason: `no token: ${errorMessage(error)}` }))
      .catch((error: unknown) => this.end({ reason: errorMessage(error) }));
  }

  /** Sends a message; undefined where there is no way to. */
  get send(): Channel['send'] {
    return this.#channel?.send;
  }

  get isSilent(): boolean {
    return this.#heartbeat?.isSilent ?? false;
  }

  /** Asks now whether it lives. */
  ask(): void {
    this.#heartbeat?.ask();
  }

  /** The channel brought a message. */
  take(message: PacketRead, bytes: number): void {
    if (this.#state === 'over' || this.#channel === undefined) return;
    const isFirst = this.#state === 'opening' && typeof message === 'object' && 'seq' in message;
    if (isFirst) this.#becomeLive(this.#channel);
    this.heard();
    this.#opener.took(this, message, bytes, isFirst);
    if (this.#state === 'opening' && message === 'malformed') this.end({ reason: 'no gateway' });
  }

  /** The channel brought something, perhaps no message. */
  heard(): void {
    if (this.#state === 'over') return;
    this.#heartbeat?.heard();
    this.#context.events.onHeard();
  }

  /** It failed, or was ended by the other side. */
  end(how: ConnectionEnd): void {
    if (this.#state === 'over') return;
    const now = this.#context.settings.clock.monotonic();
    this.close(true);
    if (how.refusesToken) this.#context.tokens.refuse(this.#token);
    this.#opener.ended(this, how, now - (this.#liveAt ?? now));
  }

  /** The next one is live. */
  replace(): void {
    this.#state = 'replaced';
    this.#stopHeartbeat();
  }

  close(abruptly = false): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cancelTimeout();
    this.#stopHeartbeat();
    if (this.#channel === undefined) return;
    this.#channel.close(abruptly);
    this.#context.events.onEnded(this);
  }

  #becomeLive({ send }: Channel): void {
    const { clock, timing } = this.#context.settings;
    this.#cancelTimeout();
    this.#state = 'live';
    this.#liveAt = clock.monotonic();
    if (this.#staleMs === undefined) return;
    this.#heartbeat = new Heartbeat({
      clock,
      timing,
      staleMs: this.#staleMs,
      ping: send && (() => send({ type: 'PING', t: clock.monotonic() })),
      onChange: this.#context.events.onChange,
      onDead: () => this.end({ reason: 'silent' }),
    });
  }

  #stopHeartbeat(): void {
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
  }
}
