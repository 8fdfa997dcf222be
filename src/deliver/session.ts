import { isoTime } from '../core/clock.ts';
import type { Message } from '../encode/message.ts';
import type { Lease } from '../feed/registry.ts';
import type { Close, CloseCause } from './closes.ts';
import { Incoming, type MessageVerdict, messageDefaults } from './incoming.ts';
import { Recipient, type SessionParts } from './recipient.ts';
import type { Admitted, SessionClient, SessionOwner, SessionState } from './session-terms.ts';
import type { TransportEnd, TransportEvents } from './transport.ts';

/** Shared by all that hold nothing. */
const none: readonly never[] = [];

/** One client: its identity, its messages, and when and why its connection ends. */
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

  /** @param onEnd called at its end, before its client is told */
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

  /** Sets the client, which takes its messages and is told of its end. */
  attend(client: SessionClient): void {
    this.#client = client;
  }

  get owner(): SessionOwner {
    return this.#owner;
  }

  /** Its client has shown another token, which states owner and expiry from now on. */
  renew(owner: SessionOwner): void {
    this.#owner = owner;
  }

  /** Keeps a lease for the client, and releases it at the end; at once where that has come. */
  hold<Resource>(lease: Lease<Resource>): Resource {
    if (this.hasEnded) lease.release();
    else this.#held = this.#held.concat(lease);
    return lease.resource;
  }

  /** Its answer in `GET /api/clients`. */
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

  /** Ends the session with a last `message`, after which the client is sent nothing but the close. */
  dismiss(message: Message, close: Close): void {
    if (this.#dismissedBy !== undefined) return;
    this.#dismissedBy = close;
    this.leaveAll();
    this.answer(message);
    if (this.hasAnswersWaiting) this.blocked(this.parts.clock.monotonic());
    else this.#closeNow(close);
  }

  /** @param close a cause of the core, which the endpoint gives code and reason, or an end of the dialect's own */
  close(close: Close | CloseCause): void {
    const words = typeof close === 'string' ? this.terms.closes[close] : close;
    // One that waits to be told why has had its last message.
    if (words.lastMessage === undefined || this.isOver) this.#closeNow(words);
    else this.dismiss(words.lastMessage(), words);
  }

  #closeNow(words: Close): void {
    if (this.#closedAs !== undefined) return;
    this.#closedAs = words.reason;
    this.transport.close(words);
  }

  terminate(): void {
    this.transport.terminate();
  }

  /** Checks the connection: expiry, pings, and whether it is silent, idle or slow. Called about twice a second. */
  check(now: number): void {
    const { expiresAt } = this.#owner;
    if (expiresAt !== undefined && this.parts.clock.now() >= expiresAt && !this.isOver) {
      this.close('tokenExpired');
      return;
    }
    const end = this.keepalive.endedBy(now, this.transport.heardAt);
    if (end === 'silent') {
      // It would read no close frame.
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

  /** Counts a message that was refused. @param reason stable, of a bounded set */
  refused(reason: string): void {
    this.parts.meter.count('bff_rejected_total', { edge: this.dialect, reason });
  }

  #refuse(verdict: MessageVerdict): void {
    this.refused('rate');
    if (verdict === 'flooding') this.close('rateLimited');
  }

  /** Whether the gateway has ended it: until the client answers the close frame, it may go on sending. */
  get isOver(): boolean {
    return this.#closedAs !== undefined || this.#dismissedBy !== undefined;
  }

  onDrain(): void {
    if (!this.drainAnswers()) return;
    this.transport.resume();
    if (this.#dismissedBy !== undefined) this.#closeNow(this.#dismissedBy);
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
