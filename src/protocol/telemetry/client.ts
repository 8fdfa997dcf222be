import { type Policy, refusal } from '../../access/policy.ts';
import type { Principal } from '../../access/principal.ts';
import { type Cancel, type Clock, isoTime } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { Throttle } from '../../core/throttle.ts';
import type { Following } from '../../deliver/following.ts';
import type { Session } from '../../deliver/session.ts';
import { Message } from '../../encode/message.ts';
import type { Position } from '../../feed/position.ts';
import type { Lease } from '../../feed/registry.ts';
import type { Client, MessageOf, Unreadable } from '../../serve/endpoint.ts';
import type { AckPacket, ErrorPacket, Granted, PongPacket } from '../../wire/packet.ts';
import type { hears } from './api.ts';
import type { Commands } from './command/commands.ts';
import { answerPacket } from './command/order.ts';
import { stateStatus } from './document/urgency.ts';
import type { CommandMessage, SubscribeMessage } from './schema.ts';
import { badOption, canonicalise, describeView, type OptionsRead, type ViewOptions } from './view/options.ts';
import { type TelemetryView, type TelemetryViews, tooManySymbols } from './view/views.ts';

export interface ClientDependencies {
  readonly views: TelemetryViews;
  readonly clock: Clock;
  readonly log: Log;
  /** Carries out HALT and RESUME; the outcome goes back to the client that asked. */
  readonly commands: Pick<Commands, 'run'>;
  /** What it takes to command. */
  readonly commanding: Policy;
}

/** Full packets on demand: one at once, then at most one a second. */
const resyncEveryMs = 1000;
const nothing = (): void => {};
const tooManyViewsText = 'too many different views are in use, or half of them by you (MAX_RENDITIONS)';
const tooManySymbolsText = 'too many symbols are in use, or half of them by you (MAX_SYMBOLS)';

/** One telemetry client: the view it has, and what it says. */
export class TelemetryClient implements Client<MessageOf<typeof hears>> {
  readonly #session: Session;
  readonly #principal: Principal;
  readonly #dependencies: ClientDependencies;
  #view: TelemetryView;
  #following: Following;
  #stopWatchingSymbol: Cancel = nothing;
  #resyncs: Throttle | undefined;

  /** @param since where it stands that comes back */
  constructor(
    session: Session,
    principal: Principal,
    view: Lease<TelemetryView>,
    since: Position | undefined,
    dependencies: ClientDependencies,
  ) {
    this.#session = session;
    this.#principal = principal;
    this.#dependencies = dependencies;
    this.#view = view.resource;
    const { rendition } = view.resource;
    const position = rendition.options.mode === 'delta' ? since : undefined;
    this.#following = session.follow(view, () => rendition.welcome(this.#granted(), position));
    this.#watchSymbol();
  }

  get view(): string {
    return describeView(this.#view.rendition.options);
  }

  receive(message: MessageOf<typeof hears>): void {
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
    const { message } = badOption(misshapen.error);
    this.#refuse({ ...askedBy(misshapen.message.requestId), code: 'BAD_OPTION', message });
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
    if (!wanted.ok) {
      this.#refuse({ ...asked, code: 'BAD_OPTION', message: wanted.message });
      return;
    }
    const lease = this.#dependencies.views.acquire(wanted.options, this.#principal.holder);
    if (lease instanceof Refusal) {
      this.#refuse({ ...asked, code: 'LIMIT', message: limitText(lease) });
      return;
    }
    this.#switchTo(lease, (granted) => ({ type: 'ACK', ...asked, granted }));
  }

  /** The options in force with those of the message put in. */
  #optionsAfter({ mode, encoding, interval, sections, symbol }: SubscribeMessage): OptionsRead<ViewOptions> {
    const { options, projection } = this.#view.rendition;
    return canonicalise(
      {
        mode: mode ?? options.mode,
        encoding: encoding ?? options.encoding,
        interval: interval ?? options.interval,
        sections:
          sections === undefined ? options.sections && [...options.sections] : (sections ?? undefined),
        symbol: symbol === undefined ? options.symbol : (symbol ?? undefined),
      },
      // One that it has may have left the document since.
      (section) =>
        Object.hasOwn(projection.feed.current.document, section) ||
        options.sections?.includes(section) === true,
    );
  }

  /** The old view ends, then the answer, then the new view's whole state: in that order. */
  #switchTo(lease: Lease<TelemetryView>, answer: (granted: Granted) => AckPacket | ErrorPacket): void {
    const { epoch } = this.#view.rendition.projection.position;
    const [before, view] = [this.#following, lease.resource];
    before.leave();
    this.#view = view;
    this.#answer(answer(this.#granted()));
    const { rendition } = view;
    const sameEpoch = epoch === rendition.projection.position.epoch;
    this.#following = this.#session.follow(lease, () =>
      sameEpoch ? rendition.latest() : rendition.telemetryWithEpoch(),
    );
    this.#watchSymbol();
  }

  /** A symbol that the engine does not know: an error, and the default document instead. */
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

  #granted(): Granted {
    const { mode, encoding, interval, sections, symbol } = this.#view.rendition.options;
    return {
      mode,
      encoding,
      interval,
      ...(sections === undefined ? {} : { sections }),
      ...(symbol === undefined ? {} : { symbol }),
      role: this.#principal.role ?? 'viewer',
      commands: this.#mayCommand,
    };
  }

  #refuse(error: Omit<ErrorPacket, 'type'>): void {
    this.#session.refused(error.code.toLowerCase());
    this.#answer({ type: 'ERROR', ...error });
  }

  #answer(packet: AckPacket | ErrorPacket | PongPacket): void {
    this.#session.answer(new Message(packet, this.#view.rendition.encoding));
  }
}

/** Why a view cannot be had, as clients of this protocol are told. */
function limitText(limit: Refusal): string {
  return limit === tooManySymbols ? tooManySymbolsText : tooManyViewsText;
}

/** Names the request that an answer is to. */
function askedBy(requestId: JsonValue | undefined) {
  const asked = { command: 'SUBSCRIBE' } as const;
  return typeof requestId === 'string' ? { ...asked, requestId: requestId.slice(0, 128) } : asked;
}
