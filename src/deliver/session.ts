import { isoTime } from '../core/clock.ts';
import type { Message } from '../encode/message.ts';
import type { Lease } from '../feed/registry.ts';
import type { Close, CloseCause } from './closes.ts';
import { Incoming, type MessageVerdict, messageDefaults } from './incoming.ts';
import { Recipient, type SessionParts } from './recipient.ts';
import type { Admitted, SessionClient, SessionOwner, SessionState } from './session-terms.ts';
import type { TransportEnd, TransportEvents } from './transport.ts';

/** What most sessions hold besides views: shared, and never changed. */
const none: readonly never[] = [];

/** One client: who it is, what it says, and when and why its connection ends. */
export class Session extends Recipient implements TransportEvents {
  readonly id: string;
  readonly #onEnd: (session: Session) => void;
  /** Epoch ms. */
  readonly #openedAt: number;
  #owner: SessionOwner;
  #client: SessionClient | undefined;
  #held: readonly Lease<unknown>[] = none;
  /** Undefined: it said nothing yet. */
  #incoming: Incoming | undefined;
  #closedAs: string | undefined;
  #dismissedBy: Close | undefined;

  /** @param onEnd told first of its end */
  constructor(
    { id, terms, transport, owner }: Admitted,
    parts: SessionParts,
    onEnd: (session: Session) => void,
  ) {
    super(parts, terms, transport);
    this.id = id;
    this.#onEnd = onEnd;
    this.#owner = owner;
    this.#openedAt = parts.clock.now();
    transport.start(this);
  }

  /** Who takes its messages from now on, and is told of its end. */
  attend(client: SessionClient): void {
    this.#client = client;
  }

  get owner(): SessionOwner {
    return this.#owner;
  }

  /** Its client has shown another token: from now on that says whose it is, and until when. */
  renew(owner: SessionOwner): void {
    this.#owner = owner;
  }

  /** Keeps something for the client, and gives it back at the end, or at once where that has come. */
  hold<Resource>(lease: Lease<Resource>): Resource {
    if (this.hasEnded) lease.release();
    else this.#held = this.#held.concat(lease);
    return lease.resource;
  }

  /** How it is, for people and for whoever looks for the slow ones. */
  get state(): SessionState {
    const { kind, roundTripMs } = this.transport;
    return {
      ...{ id: this.id, dialect: this.dialect, transport: kind },
      address: this.#owner.address,
      subject: this.#owner.subject ?? null,
      user_agent: this.#owner.userAgent ?? null,
      view: this.#client?.view ?? '',
      since: isoTime(this.#openedAt),
      ...{ sent: this.sent, behind: this.behind, skipped: this.skipped },
      round_trip_ms: roundTripMs === undefined ? null : Math.round(roundTripMs * 10) / 10,
    };
  }

  override dropped(count: number): void {
    super.dropped(count);
    this.#client?.dropped?.(count);
  }

  /** Says why, and ends the session: the client is sent `message` before it is closed, and nothing in between. */
  dismiss(message: Message, close: Close): void {
    if (this.#dismissedBy !== undefined) return;
    this.#dismissedBy = close;
    this.leaveAll();
    this.answer(message);
    if (this.hasAnswersWaiting) this.blocked(this.parts.clock.monotonic());
    else this.close(close);
  }

  /** @param close a cause of the core, in the endpoint's words, or an end that its dialect alone knows */
  close(close: Close | CloseCause): void {
    if (this.#closedAs !== undefined) return;
    const words = typeof close === 'string' ? this.terms.closes[close] : close;
    this.#closedAs = words.reason;
    this.transport.close(words);
  }

  terminate(): void {
    this.transport.terminate();
  }

  /** Looks after the connection: pings, and the ends of the silent and the slow. Called about twice a second. */
  check(now: number): void {
    const { expiresAt } = this.#owner;
    if (expiresAt !== undefined && this.parts.clock.now() >= expiresAt) {
      this.close('tokenExpired');
      return;
    }
    const end = this.keepalive.endedBy(now, this.transport.heardAt);
    if (end === 'silent') {
      // Nobody would read why.
      this.#closedAs ??= end;
      this.terminate();
      return;
    }
    if (end !== undefined) {
      this.close(end);
      return;
    }
    if (this.keepalive.takeProbe(now)) this.transport.probe();
    if (this.keepalive.isBlocked) this.countDropped();
    this.repeat(now);
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.isOver) return;
    const verdict = this.#admit();
    if (verdict === 'admitted') this.#client?.receive(data, isBinary);
    else if (!this.#hear().takeUrgent(data, isBinary, (message) => this.#client?.receive(message, false)))
      this.#refuse(verdict);
  }

  onControl(): boolean {
    if (this.isOver) return false;
    const verdict = this.#admit();
    if (verdict === 'admitted') return true;
    this.#refuse(verdict);
    return false;
  }

  #admit(): MessageVerdict {
    const now = this.parts.clock.monotonic();
    this.keepalive.heard(now);
    return this.#hear().admit(now);
  }

  #hear(): Incoming {
    const { messages = messageDefaults, urgent } = this.terms;
    this.#incoming ??= new Incoming(messages, urgent, this.parts.clock);
    return this.#incoming;
  }

  /** Counts something that its client said in vain. @param reason stable, of a bounded set */
  refused(reason: string): void {
    this.parts.meter.count('bff_rejected_total', { edge: this.dialect, reason });
  }

  #refuse(verdict: MessageVerdict): void {
    this.refused('rate');
    if (verdict === 'flooding') this.close('rateLimited');
  }

  /** Whether the gateway has ended it: a client may go on sending until it answers the close frame, or never does. */
  get isOver(): boolean {
    return this.#closedAs !== undefined || this.#dismissedBy !== undefined;
  }

  onDrain(): void {
    if (!this.drainAnswers()) return;
    this.transport.resume();
    if (this.#dismissedBy !== undefined) this.close(this.#dismissedBy);
    this.keepalive.retry(() => this.catchUp(this.parts.clock.monotonic()));
  }

  onEnd(end: TransportEnd): void {
    this.end();
    for (const lease of this.#held) lease.release();
    const { dialect } = this;
    if (end.fault === 'socket') this.parts.meter.count('bff_send_failures_total', { dialect });
    else if (end.fault !== undefined) this.refused(end.fault);
    this.#onEnd(this);
    this.#incoming?.flush();
    this.#client?.ended({ ...end, cause: this.#closedAs });
  }
}
