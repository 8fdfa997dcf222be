import { type Policy, refusal } from '../../access/policy.ts';
import type { Principal } from '../../access/principal.ts';
import { type Cancel, type Clock, isoTime } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { Throttle } from '../../core/throttle.ts';
import type { Session } from '../../deliver/session.ts';
import type { Following } from '../../deliver/view.ts';
import { Message } from '../../encode/message.ts';
import type { Position } from '../../feed/position.ts';
import type { Lease } from '../../feed/registry.ts';
import type { Client, MessageOf, Unreadable } from '../../serve/endpoint.ts';
import type { AckPacket, ErrorPacket, Granted, PongPacket } from '../../wire/packet.ts';
import type { Commands } from './command/commands.ts';
import { answerPacket } from './command/order.ts';
import { stateStatus } from './document/urgency.ts';
import type { CommandMessage, SubscribeMessage, telemetryHears } from './schema.ts';
import { describeView, optionsFor, refuseOptions, type TelemetryViewOptions } from './view/options.ts';
import { type TelemetryView, type TelemetryViews, tooManySymbols } from './view/views.ts';

export interface ClientDependencies {
  readonly views: TelemetryViews;
  readonly clock: Clock;
  readonly log: Log;
  /** Carries out HALT and RESUME. */
  readonly commands: Pick<Commands, 'run'>;
  /** Who may command. */
  readonly commanding: Policy;
}

/** RESYNC: the first is answered at once, further ones at most once a second. */
const resyncEveryMs = 1000;
const nothing = (): void => {};
const tooManyViewsText = 'too many different views are in use, or half of them by you (MAX_RENDITIONS)';
const tooManySymbolsText = 'too many symbols are in use, or half of them by you (MAX_SYMBOLS)';

/** One connected client: its view, and the handling of its messages. */
export class TelemetrySubscriber implements Client<MessageOf<typeof telemetryHears>> {
  readonly #session: Session;
  readonly #principal: Principal;
  readonly #dependencies: ClientDependencies;
  #view: TelemetryView;
  #following: Following;
  #stopWatchingSymbol: Cancel = nothing;
  #resyncs: Throttle | undefined;

  /** @param asked the position of a client that reconnects; names of options without effect */
  constructor(
    session: Session,
    principal: Principal,
    view: Lease<TelemetryView>,
    { since, ignored }: { readonly since: Position | undefined; readonly ignored: readonly string[] },
    dependencies: ClientDependencies,
  ) {
    this.#session = session;
    this.#principal = principal;
    this.#dependencies = dependencies;
    this.#view = view.resource;
    const { rendition } = view.resource;
    const position = rendition.options.mode === 'delta' ? since : undefined;
    this.#following = session.follow(view, () => rendition.welcome(this.#granted(ignored), position));
    this.#watchSymbol();
  }

  get view(): string {
    return describeView(this.#view.rendition.options);
  }

  receive(message: MessageOf<typeof telemetryHears>): void {
    switch (message.type) {
      case 'PING':
        if (message.t !== undefined) this.#pong(message.t);
        return;
      case 'RESYNC':
        this.#resyncs ??= new Throttle(resyncEveryMs, this.#dependencies.clock);
        this.#resyncs.take(() => this.#following.resync());
        return;
      case 'SUBSCRIBE':
        this.#subscribe(message);
        return;
      default:
        this.#command(message);
    }
  }

  unreadable({ misshapen }: Unreadable): boolean {
    if (misshapen?.message.type !== 'SUBSCRIBE') return false;
    this.#refuseOption(refuseOptions(misshapen.error), askedBy(misshapen.message.requestId));
    return true;
  }

  ended(): void {
    this.#stopWatchingSymbol();
    this.#resyncs?.cancel();
  }

  #pong(t: JsonValue): void {
    const { clock } = this.#dependencies;
    const state = stateStatus(this.#view.rendition.projection.feed.current.document);
    const pong = { type: 'PONG', t, server_time: isoTime(clock.now()) } as const;
    this.#answer(state === undefined ? pong : { ...pong, state });
  }

  #subscribe(message: SubscribeMessage): void {
    const asked = askedBy(message.requestId);
    const wanted = this.#optionsAfter(message);
    if (wanted instanceof Refusal) {
      this.#refuseOption(wanted, asked);
      return;
    }
    const lease = this.#dependencies.views.acquire(wanted, this.#principal.holder);
    if (lease instanceof Refusal) {
      this.#refuse({ ...asked, code: 'LIMIT', message: limitText(lease) });
      return;
    }
    this.#switchTo(lease, () => ({ type: 'ACK', ...asked, granted: this.#granted(message.ignored) }));
  }

  /** The current options, overridden by those of the message. */
  #optionsAfter({
    mode,
    encoding,
    interval,
    sections,
    symbol,
  }: SubscribeMessage): TelemetryViewOptions | Refusal {
    const { options, projection } = this.#view.rendition;
    const wanted = {
      mode: mode ?? options.mode,
      encoding: encoding ?? options.encoding,
      interval: interval ?? options.interval,
      sections: sections === undefined ? options.sections && [...options.sections] : (sections ?? undefined),
      symbol: symbol === undefined ? options.symbol : (symbol ?? undefined),
    };
    // A section of the current view stays valid although the document may no longer have it.
    return optionsFor(wanted, projection.feed.current.document, options.sections);
  }

  /** Leaves the old view, sends the answer, then the new view's full state: in that order. */
  #switchTo(lease: Lease<TelemetryView>, answer: () => AckPacket | ErrorPacket): void {
    const { epoch } = this.#view.rendition.projection.position;
    const [before, view] = [this.#following, lease.resource];
    before.leave();
    this.#view = view;
    this.#answer(answer());
    const { rendition } = view;
    const sameEpoch = epoch === rendition.projection.position.epoch;
    this.#following = this.#session.follow(lease, () =>
      sameEpoch ? rendition.latest() : rendition.telemetryWithEpoch(),
    );
    this.#watchSymbol();
  }

  /** Falls back to the default document, with an error, when the engine does not know the symbol. */
  #watchSymbol(): void {
    this.#stopWatchingSymbol();
    this.#stopWatchingSymbol = nothing;
    const document = this.#view.rendition.symbolDocument;
    if (document === undefined) return;
    if (document.isUnknown) this.#leaveUnknownSymbol();
    else this.#stopWatchingSymbol = document.onUnknown(() => this.#leaveUnknownSymbol());
  }

  #leaveUnknownSymbol(): void {
    const { symbol, ...options } = this.#view.rendition.options;
    const lease = this.#dependencies.views.acquire({ ...options, symbol: undefined }, this.#principal.holder);
    if (lease instanceof Refusal) {
      this.#refuse({ code: 'LIMIT', message: limitText(lease) });
      return;
    }
    this.#switchTo(lease, () => ({
      type: 'ERROR',
      code: 'UNKNOWN_SYMBOL',
      message: `the engine knows no symbol ${symbol ?? ''}; this is the default document`,
    }));
  }

  #command(message: CommandMessage): void {
    const { commands, log } = this.#dependencies;
    commands
      .run(message, {
        connectionId: this.#session.id,
        principal: this.#principal,
        transport: 'websocket',
      })
      .then((outcome) => this.#answer(answerPacket(message, outcome)))
      .catch((error: unknown) => log.error({ err: error, command: message.type }, 'command failed'));
  }

  get #mayCommand(): boolean {
    return refusal(this.#principal, this.#dependencies.commanding) === undefined;
  }

  /** @param ignored names of options that were asked for without effect */
  #granted(ignored: readonly string[]): Granted {
    const { mode, encoding, interval, sections, symbol } = this.#view.rendition.options;
    return {
      mode,
      encoding,
      interval,
      ...(sections === undefined ? {} : { sections }),
      ...(symbol === undefined ? {} : { symbol }),
      role: this.#principal.role ?? 'viewer',
      commands: this.#mayCommand,
      ...(ignored.length === 0 ? {} : { ignored }),
    };
  }

  #refuseOption({ detail = '' }: Refusal, asked: ReturnType<typeof askedBy>): void {
    this.#refuse({ ...asked, code: 'BAD_OPTION', message: detail });
  }

  #refuse(error: Omit<ErrorPacket, 'type'>): void {
    this.#session.refused(error.code.toLowerCase());
    this.#answer({ type: 'ERROR', ...error });
  }

  #answer(packet: AckPacket | ErrorPacket | PongPacket): void {
    this.#session.answer(new Message(packet, this.#view.rendition.encoding));
  }
}

/** The text of a LIMIT error on this protocol. */
function limitText(limit: Refusal): string {
  return limit === tooManySymbols ? tooManySymbolsText : tooManyViewsText;
}

/** The fields of an answer that name the request. */
function askedBy(requestId: JsonValue | undefined) {
  const asked = { command: 'SUBSCRIBE' } as const;
  return typeof requestId === 'string' ? { ...asked, requestId: requestId.slice(0, 128) } : asked;
}
