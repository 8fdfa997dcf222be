import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { Meter } from '../../core/meter.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { type Encoder, eventEncoder, jsonEncoder, msgpackEncoder } from '../../encode/encoder.ts';
import type { Packet } from '../../encode/rendition.ts';
import { createStateRendition, type PacketWords } from '../../encode/state-rendition.ts';
import { createProjection, type Projection } from '../../feed/projection.ts';
import { createRegistry, type Lease } from '../../feed/registry.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import { diff } from '../../wire/delta.ts';
import type { DeltaPacket, Granted, TelemetryPacket, WelcomePacket } from '../../wire/packet.ts';
import type { Documents } from './documents.ts';
import { type Since, type ViewOptions, viewKey } from './options.ts';
import type { SymbolDocument } from './symbol-document.ts';
import { stateStatus, urgencyOf } from './urgency.ts';

export const dialect = 'telemetry';

/** How packets reach the client: this decides their bytes as much as the encoding does. */
export type Framing = 'websocket' | 'event-stream';

/** One view of one document, and all the clients that have it. */
export interface View {
  readonly options: ViewOptions;
  readonly projection: Projection;
  readonly channel: Channel;
  readonly encode: Encoder;
  /** The document behind it, where it is not the engine's own. */
  readonly symbolDocument: SymbolDocument | undefined;
  /** The first packet of a connection: what changed since where the client stood, or the whole document. */
  welcome(granted: Granted, since: Since | undefined): Packet;
  /** A full TELEMETRY that names its epoch. */
  telemetryWithEpoch(): Packet;
}

/** Why a view cannot be had. */
const tooManyViews = new Refusal('LIMIT', {
  detail: 'too many views, or half of them yours, see MAX_RENDITIONS',
  retryAfterS: 5,
});
export const tooManySymbols = new Refusal('LIMIT', {
  detail: 'too many symbols, or half of them yours, see MAX_SYMBOLS',
  retryAfterS: 5,
});

export interface Views {
  /** @param holder by whom the shares of views and symbols are counted */
  acquire(options: ViewOptions, framing: Framing, holder: string | undefined): Lease<View> | Refusal;
}

export interface ViewsDependencies {
  readonly documents: Documents;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Views in use at once. 0: no bound. Default 500. */
  readonly maxRenditions: number;
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

export function createViews({ documents, hub, clock, meter, maxRenditions }: ViewsDependencies): Views {
  const open = ({
    options,
    framing,
  }: {
    options: ViewOptions;
    framing: Framing;
  }): View & { close(): void } => {
    const symbolLease = options.symbol === undefined ? undefined : documents.acquire(options.symbol);
    const { feed } = symbolLease?.resource ?? documents.engine;
    const projection = telemetryProjection(feed, options.sections);
    const encode = encoderOf(options, framing);
    const rendition = createStateRendition({
      dialect,
      projection,
      mode: options.mode,
      encode,
      words,
      urgencyOf,
      clock,
      meter,
    });
    const channel = new Channel(rendition, {
      intervalMs: options.interval === 'pause' ? Number.POSITIVE_INFINITY : options.interval,
      repeatAfterMs: isDefault(options) ? repeatAfterMs : 0,
      isRepeated: () => stateStatus(feed.current.document) === 'fresh',
    });
    hub.open(channel);
    return {
      options,
      projection,
      channel,
      encode,
      symbolDocument: symbolLease?.resource,
      welcome: createWelcome(projection, encode),
      telemetryWithEpoch() {
        const { position } = projection;
        const packet = { ...words.full(projection.of(feed.current), position), epoch: position.epoch };
        return { type: packet.type, message: encode(packet, position) };
      },
      close() {
        hub.close(channel);
        symbolLease?.release();
      },
    };
  };
  const registry = createRegistry({
    clock,
    key: ({ options, framing }: { options: ViewOptions; framing: Framing }) =>
      `${framing} ${viewKey(options)}`,
    open,
    close: (view) => view.close(),
    max: maxRenditions,
    isReserved: ({ options }) => options.symbol === undefined && isDefault(options),
  });

  return {
    acquire(options, framing, holder) {
      // Its own besides the view's: by it the symbols that somebody uses are counted.
      const symbolLease =
        options.symbol === undefined ? undefined : documents.acquire(options.symbol, holder);
      if (options.symbol !== undefined && symbolLease === undefined) return tooManySymbols;
      const lease = registry.acquire({ options, framing }, holder);
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

function encoderOf({ encoding }: ViewOptions, framing: Framing): Encoder {
  if (framing === 'event-stream') return eventEncoder;
  return encoding === 'msgpack' ? msgpackEncoder : jsonEncoder;
}

function createWelcome(projection: Projection, encode: Encoder): View['welcome'] {
  const { feed } = projection;
  /** Clients that join in the same version share the frame, unless they differ in what they may do. */
  let shared = { version: 0, packets: new Map<string, Packet>() };

  const make = (packet: WelcomePacket): Packet => ({
    type: packet.type,
    message: encode(packet, projection.position),
  });
  const whole = (granted: Granted): Packet => {
    if (shared.version !== feed.current.seq) shared = { version: feed.current.seq, packets: new Map() };
    const key = JSON.stringify(granted);
    const known = shared.packets.get(key);
    if (known !== undefined) return known;
    const { seq, epoch } = projection.position;
    const packet = make({ type: 'WELCOME', seq, epoch, granted, data: projection.of(feed.current) });
    shared.packets.set(key, packet);
    return packet;
  };
  return (granted, since) => {
    const { seq, epoch } = projection.position;
    const held = since?.epoch === epoch ? feed.version(since.seq) : undefined;
    if (held === undefined || since === undefined || held.seq > feed.current.seq) return whole(granted);
    const delta = diff(projection.of(held), projection.of(feed.current));
    if (delta === undefined) return whole(granted);
    const changed = make({ type: 'WELCOME', seq, epoch, granted, base: since.seq, ...delta });
    const full = whole(granted);
    return changed.message.plain.length < worthwhile * full.message.plain.length ? changed : full;
  };
}
