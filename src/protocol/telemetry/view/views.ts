import type { Clock } from '../../../core/clock.ts';
import { Refusal } from '../../../core/errors.ts';
import type { Meter } from '../../../core/meter.ts';
import type { View } from '../../../deliver/view.ts';
import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { jsonEncoding, msgpackEncoding } from '../../../encode/encoding.ts';
import { Message } from '../../../encode/message.ts';
import { type PacketWords, StateRendition } from '../../../encode/state-rendition.ts';
import { formatPosition, type Position } from '../../../feed/position.ts';
import { Projection } from '../../../feed/projection.ts';
import type { Lease } from '../../../feed/registry.ts';
import type { StateFeed } from '../../../feed/state-feed.ts';
import { diff } from '../../../wire/delta.ts';
import type { DeltaPacket, Granted, TelemetryPacket, WelcomePacket } from '../../../wire/packet.ts';
import type { Documents } from '../document/documents.ts';
import type { SymbolDocument } from '../document/symbol-document.ts';
import { stateStatus, urgencyOf } from '../document/urgency.ts';
import { telemetrySettings } from '../settings.ts';
import { type TelemetryViewOptions, viewKey } from './options.ts';

export type TelemetryView = View<TelemetryRendition>;

const tooManyViews = new Refusal('LIMIT', {
  detail: 'too many views, or half of them yours, see MAX_RENDITIONS',
  retryAfterS: 5,
});
export const tooManySymbols = new Refusal('LIMIT', {
  detail: 'too many symbols, or half of them yours, see MAX_SYMBOLS',
  retryAfterS: 5,
});

/**
 * A plain client that was sent nothing for so long gets its packet again, while the state is fresh: so silence means
 * that the gateway, the network or the engine is down.
 */
const repeatAfterMs = 5000;
/** A WELCOME with a delta must be smaller than this share of the full one. */
const worthwhile = 0.7;

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }) satisfies TelemetryPacket,
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }) satisfies DeltaPacket,
};

/** What a projection of a telemetry document always shows; of these, `timestamp` alone is no change. */
export function telemetryProjection(feed: StateFeed, sections: readonly string[] | undefined): Projection {
  return new Projection(feed, sections, {
    always: ['timestamp', 'status', 'sources'],
    unremarkable: ['timestamp'],
  });
}

/** The views of the documents, each shared by all clients that want the same. */
export class TelemetryViews {
  readonly #documents: Documents;
  readonly #views: ViewsOfKind<TelemetryViewOptions, TelemetryRendition>;

  constructor(documents: Documents, views: Views, parts: { readonly clock: Clock; readonly meter: Meter }) {
    this.#documents = documents;
    this.#views = views.ofKind({
      key: viewKey,
      make(options: TelemetryViewOptions) {
        const symbolLease = options.symbol === undefined ? undefined : documents.acquire(options.symbol);
        const { feed } = symbolLease?.resource ?? documents.engine;
        return new TelemetryRendition(feed, options, symbolLease, parts);
      },
      pace: (options, { projection }) => ({
        intervalMs: options.interval === 'pause' ? Number.POSITIVE_INFINITY : options.interval,
        repeatAfterMs: isDefault(options) ? repeatAfterMs : 0,
        isRepeated: () => stateStatus(projection.feed.current.document) === 'fresh',
      }),
      isReserved: (options) => options.symbol === undefined && isDefault(options),
    });
  }

  /** @param holder by whom the shares of views and symbols are counted */
  acquire(options: TelemetryViewOptions, holder: string | undefined): Lease<TelemetryView> | Refusal {
    if (options.symbol === undefined) return this.#views.acquire(options, holder) ?? tooManyViews;
    // Besides the view's own lease: by this one the share of the holder is counted.
    const symbolLease = this.#documents.acquire(options.symbol, holder);
    if (symbolLease === undefined) return tooManySymbols;
    const lease = this.#views.acquire(options, holder);
    if (lease === undefined) {
      symbolLease.release();
      return tooManyViews;
    }
    return {
      resource: lease.resource,
      release() {
        lease.release();
        symbolLease.release();
      },
    };
  }
}

/** Whether all options but symbol and encoding have their default. */
function isDefault({ mode, interval, sections }: TelemetryViewOptions): boolean {
  return mode === 'full' && interval === 0 && sections === undefined;
}

/** One way of seeing one document. */
export class TelemetryRendition extends StateRendition {
  readonly options: TelemetryViewOptions;
  readonly #symbolLease: Lease<SymbolDocument> | undefined;
  /** Clients that join in the same version and are granted the same share the message. */
  #welcomes = { version: 0, messages: new Map<string, Message>() };

  /** @param symbolLease the document behind it, where it is not the engine's own; given back when it is closed */
  constructor(
    feed: StateFeed,
    options: TelemetryViewOptions,
    symbolLease: Lease<SymbolDocument> | undefined,
    { clock, meter }: { readonly clock: Clock; readonly meter: Meter },
  ) {
    const projection = telemetryProjection(feed, options.sections);
    const encoding = options.encoding === 'msgpack' ? msgpackEncoding : jsonEncoding;
    super({
      dialect: telemetrySettings.name,
      projection,
      mode: options.mode,
      encoding,
      words,
      urgencyOf,
      clock,
      meter,
    });
    this.options = options;
    this.#symbolLease = symbolLease;
  }

  /** The document behind it, where it is not the engine's own. */
  get symbolDocument(): SymbolDocument | undefined {
    return this.#symbolLease?.resource;
  }

  /** The first packet of a connection: what changed since where the client stood, or the whole document. */
  welcome(granted: Granted, since: Position | undefined): Message {
    const { projection } = this;
    const { feed } = projection;
    const { seq, epoch } = projection.position;
    const held = since?.epoch === epoch ? feed.version(since.seq) : undefined;
    if (held === undefined || since === undefined || held.seq > feed.current.seq)
      return this.#wholeWelcome(granted);
    const delta = diff(projection.of(held), projection.of(feed.current));
    if (delta === undefined) return this.#wholeWelcome(granted);
    const changed = this.#messageOf({ type: 'WELCOME', seq, epoch, granted, base: since.seq, ...delta });
    const full = this.#wholeWelcome(granted);
    return changed.payload.length < worthwhile * full.payload.length ? changed : full;
  }

  #wholeWelcome(granted: Granted): Message {
    const { current } = this.projection.feed;
    if (this.#welcomes.version !== current.seq)
      this.#welcomes = { version: current.seq, messages: new Map() };
    const key = JSON.stringify(granted);
    const known = this.#welcomes.messages.get(key);
    if (known !== undefined) return known;
    const { seq, epoch } = this.projection.position;
    const data = this.projection.of(current);
    const message = this.#messageOf({ type: 'WELCOME', seq, epoch, granted, data });
    this.#welcomes.messages.set(key, message);
    return message;
  }

  /** A full TELEMETRY that names its epoch. */
  telemetryWithEpoch(): Message {
    const { position } = this.projection;
    const data = this.projection.of(this.projection.feed.current);
    return this.#messageOf({ type: 'TELEMETRY', seq: position.seq, data, epoch: position.epoch });
  }

  #messageOf(packet: TelemetryPacket | WelcomePacket): Message {
    return new Message(packet, this.encoding, { position: formatPosition(this.projection.position) });
  }

  override close(): void {
    super.close();
    this.#symbolLease?.release();
  }
}
