import type { Cancel } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Emitter } from './emitter.ts';
import { createHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { ClientSettings } from './options.ts';
import type { Requests, ViewFault } from './requests.ts';
import type { PacketRead } from './server-packet.ts';
import type { Tokens } from './tokens.ts';
import type { ClientEvents, TransportName } from './types.ts';

/** A kind of connection. */
export interface ClientTransport {
  readonly name: TransportName;
  /** So many connections in a row must have failed before the next transport is tried in parallel. */
  readonly failuresBeforeNext: number;
  /** May throw where that is impossible from the start. */
  open(token: string | undefined, connection: ChannelOwner): Channel;
  /** Silence after which a connection counts as silent. Undefined: each answer has a timeout of its own. */
  readonly staleMs?: () => number;
  /** Looks into why nothing was opened, where the platform does not say. Undefined: there is no way to. */
  readonly explain?:
    | ((token: string | undefined, signal: AbortSignal) => Promise<Partial<ConnectionEnd>>)
    | undefined;
}

/** The state that it leads to. */
export type Refusal = 'unauthorized' | 'refused';

/** What carries the bytes: a WebSocket, an event stream, or a series of polls. */
export interface Channel {
  /** Sends a message; undefined where the transport has no way back. */
  readonly send?: (message: object) => void;
  /** Ends it; later events are ignored. `abruptly`: without a closing handshake, as the other end does not answer. */
  close(abruptly: boolean): void;
}

/** What a channel tells of itself. */
export type ChannelOwner = Pick<GatewayConnection, 'take' | 'heard' | 'end'>;

/** How a connection ended, or why there is none. */
export interface ConnectionEnd {
  /** For people. */
  readonly reason: string;
  /** Who is not let in: this client with this token, or with any. */
  readonly refuses?: Refusal | undefined;
  /** HTTP status of the answer in place of a connection; undefined: there was none. */
  readonly status?: number;
  /** Who says that it `refuses`: the gateway; or nobody, it is guessed. Undefined: something that answered. */
  readonly word?: 'gateway' | 'guess' | undefined;
  /** Where there is no connection, nothing says why. */
  readonly isUnexplained?: boolean;
  /** The gateway has no such view. */
  readonly refusesView?: ViewFault | undefined;
  /** The gateway asks to wait for so long at least. */
  readonly retryAfterMs?: number;
}

/** What brings the document now. */
export interface LiveConnection {
  readonly transport: TransportName;
  readonly isSilent: boolean;
  /** How long ago what it brings now reached this browser, ms. Default 0: it comes from the gateway itself. */
  readonly lagMs?: number;
}

/** What a client is told of all its connections. */
export interface ConnectionEvents {
  /** Bytes came, whatever they are. */
  onHeard(): void;
  /** It may have come by a connection that was replaced. */
  onMessage(message: PacketRead, bytes: number, connection: LiveConnection): void;
  /** A connection gave its first document. */
  onLive(transport: TransportName): void;
  /** Anything that the state depends on. */
  onChange(): void;
}

/** What the parts of one client have in common. */
export interface ClientContext extends ClientSettings {
  readonly tokens: Tokens;
  readonly requests: Requests;
  readonly emitter: Emitter<ClientEvents>;
  readonly events: ConnectionEvents;
}

/** Who opened a connection, and opens the next: a Reconnector. */
interface Opener {
  readonly transport: ClientTransport;
  readonly context: ClientContext;
  /** A connection gave its first document. Returns the live one before it. */
  promote(connection: GatewayConnection): GatewayConnection | undefined;
  /** A connection ended without having been closed from here. */
  ended(connection: GatewayConnection, how: ConnectionEnd): void;
}

/**
 * One connection, from the decision to open it to its end:
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
  /** Undefined while it is asked for, and where none is used. */
  token: string | undefined;
  readonly #opener: Opener;
  readonly #cancelTimeout: Cancel;
  #state: 'opening' | 'live' | 'replaced' | 'over' = 'opening';
  #channel: Channel | undefined;
  /** While it is live. */
  #heartbeat: Heartbeat | undefined;

  constructor(opener: Opener) {
    const { transport, context } = opener;
    const { clock, timing } = context;
    this.transport = transport.name;
    this.#opener = opener;
    this.#cancelTimeout = clock.after(timing.connectMs, () =>
      this.end({ reason: this.#channel ? 'no answer in time' : 'no token in time' }),
    );
    const openWith = (token: string | undefined): void => {
      if (this.#state === 'over') return;
      this.token = token;
      this.#channel = transport.open(token, this);
    };
    context.tokens
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
    const { events, requests } = this.#opener.context;
    const isFirst = this.#state === 'opening' && typeof message === 'object' && 'seq' in message;
    const replaced = isFirst ? this.#becomeLive() : undefined;
    this.heard();
    events.onMessage(message, bytes, this);
    if (replaced) requests.retire(replaced);
    // The application may have closed the client meanwhile.
    if (isFirst && this.#state === 'live') events.onLive(this.transport);
    if (message === 'malformed' && this.#state === 'opening') this.end({ reason: 'no gateway' });
  }

  /** The channel brought something, perhaps no message. */
  heard(): void {
    if (this.#state === 'over') return;
    this.#heartbeat?.heard();
    this.#opener.context.events.onHeard();
  }

  /** It failed, or was ended by the other side. */
  end(how: ConnectionEnd): void {
    if (this.#state === 'over') return;
    this.close(true);
    this.#opener.ended(this, how);
  }

  close(abruptly = false): void {
    if (this.#state === 'over') return;
    this.#enter('over');
    if (this.#channel === undefined) return;
    this.#channel.close(abruptly);
    this.#opener.context.requests.end(this);
  }

  /** Returns the live one before it, which only takes answers from here on. */
  #becomeLive(): GatewayConnection | undefined {
    const { transport, context } = this.#opener;
    const replaced = this.#opener.promote(this);
    if (replaced) replaced.#enter('replaced');
    this.#enter('live');
    context.tokens.accept();
    if (transport.staleMs) {
      this.#heartbeat = createHeartbeat({
        ...context,
        staleMs: transport.staleMs,
        send: this.send,
        onChange: context.events.onChange,
        onDead: () => this.end({ reason: 'silent' }),
      });
    }
    return replaced;
  }

  /** Ends the timers of the state before. */
  #enter(state: 'live' | 'replaced' | 'over'): void {
    this.#state = state;
    this.#cancelTimeout();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
  }
}
