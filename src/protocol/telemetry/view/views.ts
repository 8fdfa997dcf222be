import type { Clock } from '../../../core/clock.ts';
import { Refusal } from '../../../core/errors.ts';
import type { Meter } from '../../../core/meter.ts';
import type { View } from '../../../deliver/view.ts';
import type { Views } from '../../../deliver/views.ts';
import { type Encoding, jsonEncoding, msgpackEncoding } from '../../../encode/encoding.ts';
import { Message } from '../../../encode/message.ts';
import {
  createStateRendition,
  type PacketWords,
  type StateRendition,
} from '../../../encode/state-rendition.ts';
import { formatPosition, type Position } from '../../../feed/position.ts';
import { createProjection, type Projection } from '../../../feed/projection.ts';
import type { Lease } from '../../../feed/registry.ts';
import type { StateFeed } from '../../../feed/state-feed.ts';
import { diff } from '../../../wire/delta.ts';
import type { DeltaPacket, Granted, TelemetryPacket, WelcomePacket } from '../../../wire/packet.ts';
import type { Documents } from '../document/documents.ts';
import type { SymbolDocument } from '../document/symbol-document.ts';
import { stateStatus, urgencyOf } from '../document/urgency.ts';
import { type ViewOptions, viewKey } from './options.ts';

export const dialect = 'telemetry';

/** One way of seeing one document. */
export interface TelemetryRendition extends StateRendition {
  readonly options: ViewOptions;
  readonly projection: Projection;
  readonly encoding: Encoding;
  /** The document behind it, where it is not the engine's own. */
  readonly symbolDocument: SymbolDocument | undefined;
  /** The first packet of a connection: what changed since where the client stood, or the whole document. */
  welcome(granted: Granted, since: Position | undefined): Message;
  /** A full TELEMETRY that names its epoch. */
  telemetryWithEpoch(): Message;
}

export type TelemetryView = View<TelemetryRendition>;

const tooManyViews = new Refusal('LIMIT', {
  detail: 'too many views, or half of them yours, see MAX_RENDITIONS',
  retryAfterS: 5,
});
export const tooManySymbols = new Refusal('LIMIT', {
  detail: 'too many symbols, or half of them yours, see MAX_SYMBOLS',
  retryAfterS: 5,
});

export interface TelemetryViews {
  /** @param holder by whom the shares of views and symbols are counted */
  acquire(options: ViewOptions, holder: string | undefined): Lease<TelemetryView> | Refusal;
}

export interface TelemetryViewsDependencies {
  readonly documents: Documents;
  readonly views: Views;
  readonly clock: Clock;
  readonly meter: Meter;
}

/**
 * A client that was sent nothing for so long gets its packet again, while the state is fresh: silence means that the
 * gateway, the way to it or the engine is dead.
 */
const repeatAfterMs = 5000;
/** What a WELCOME since a position may be of the whole one; beyond it the whole document is sent. */
const worthwhile = 0.7;

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }) satisfies TelemetryPacket,
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }) satisfies DeltaPacket,
};

/** What a projection of a telemetry document always shows; of these, `timestamp` alone is no change. */
export function telemetryProjection(feed: StateFeed, sections: readonly string[] | undefined): Projection {
  return createProjection(feed, {
    sections,
    always: ['timestamp', 'status', 'sources'],
    unremarkable: new Set(['timestamp']),
  });
}

export function createTelemetryViews({
  documents,
  clock,
  meter,
  ...gateway
}: TelemetryViewsDependencies): TelemetryViews {
  const make = (options: ViewOptions): TelemetryRendition => {
    const symbolLease = options.symbol === undefined ? undefined : documents.acquire(options.symbol);
    const { feed } = symbolLease?.resource ?? documents.engine;
    const projection = telemetryProjection(feed, options.sections);
    const encoding = options.encoding === 'msgpack' ? msgpackEncoding : jsonEncoding;
    const rendition = createStateRendition({
      ...{ dialect, projection, mode: options.mode, encoding, words, urgencyOf, clock, meter },
    });
    const { close } = rendition;
    return Object.assign(rendition, {
      ...{ options, projection, encoding, symbolDocument: symbolLease?.resource },
      welcome: createWelcome(projection, encoding),
      telemetryWithEpoch() {
        const { position } = projection;
        const packet = { ...words.full(projection.of(feed.current), position), epoch: position.epoch };
        return new Message(packet, encoding, { position: formatPosition(position) });
      },
      close() {
        close();
        symbolLease?.release();
      },
    });
  };
  const views = gateway.views.ofKind({
    key: viewKey,
    make,
    pace: (options, { projection }) => ({
      intervalMs: options.interval === 'pause' ? Number.POSITIVE_INFINITY : options.interval,
      repeatAfterMs: isDefault(options) ? repeatAfterMs : 0,
      isRepeated: () => stateStatus(projection.feed.current.document) === 'fresh',
    }),
    isReserved: (options) => options.symbol === undefined && isDefault(options),
  });

  return {
    acquire(options, holder) {
      // Its own besides the view's: by it the symbols that somebody uses are counted.
      const symbolLease =
        options.symbol === undefined ? undefined : documents.acquire(options.symbol, holder);
      if (options.symbol !== undefined && symbolLease === undefined) return tooManySymbols;
      const lease = views.acquire(options, holder);
      if (lease === undefined) symbolLease?.release();
      if (lease === undefined || symbolLease === undefined) return lease ?? tooManyViews;
      return {
        resource: lease.resource,
        release() {
          lease.release();
          symbolLease.release();
        },
      };
    },
  };
}

/** Whether nothing of it was asked for but perhaps a symbol and an encoding. */
function isDefault({ mode, interval, sections }: ViewOptions): boolean {
  return mode === 'full' && interval === 0 && sections === undefined;
}

function createWelcome(projection: Projection, encoding: Encoding): TelemetryRendition['welcome'] {
  const { feed } = projection;
  /** Clients that join in the same version share the message, unless they differ in what they may do. */
  let shared = { version: 0, messages: new Map<string, Message>() };

  const make = (packet: WelcomePacket): Message =>
    new Message(packet, encoding, { position: formatPosition(projection.position) });
  const whole = (granted: Granted): Message => {
    if (shared.version !== feed.current.seq) shared = { version: feed.current.seq, messages: new Map() };
    const key = JSON.stringify(granted);
    const known = shared.messages.get(key);
    if (known !== undefined) return known;
    const { seq, epoch } = projection.position;
    const message = make({ type: 'WELCOME', seq, epoch, granted, data: projection.of(feed.current) });
    shared.messages.set(key, message);
    return message;
  };
  return (granted, since) => {
    const { seq, epoch } = projection.position;
    const held = since?.epoch === epoch ? feed.version(since.seq) : undefined;
    if (held === undefined || since === undefined || held.seq > feed.current.seq) return whole(granted);
    const delta = diff(projection.of(held), projection.of(feed.current));
    if (delta === undefined) return whole(granted);
    const changed = make({ type: 'WELCOME', seq, epoch, granted, base: since.seq, ...delta });
    const full = whole(granted);
    return changed.payload.length < worthwhile * full.payload.length ? changed : full;
  };
}
