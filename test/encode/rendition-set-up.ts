import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type Encoder, jsonEncoder } from '../../src/encode/encoder.ts';
import { Message } from '../../src/encode/message.ts';
import { createStateRendition, type PacketWords, type UrgencyOf } from '../../src/encode/state-rendition.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import type { Position } from '../../src/feed/position.ts';
import { createProjection } from '../../src/feed/projection.ts';
import { createStateFeed } from '../../src/feed/state-feed.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }),
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }),
};

export interface RenditionSetUp {
  readonly mode?: 'full' | 'delta';
  readonly sections?: readonly string[];
  readonly initial?: JsonObject;
  readonly urgencyOf?: UrgencyOf;
}

/** A rendition whose frames are the bare JSON text, and what it rendered so far, as `<type> <seq>`. */
export function setUpRendition(options: RenditionSetUp = {}) {
  const { mode = 'full', sections, initial = { price: 0 }, urgencyOf } = options;
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const feed = createStateFeed({ initial, epoch: 'e', clock, budget: new HistoryBudget(historyDefaults) });
  const projection = createProjection(feed, {
    sections,
    always: ['timestamp', 'status'],
    unremarkable: new Set(['timestamp']),
  });
  const rendered: string[] = [];
  const encodeText = (packet: JsonObject, { epoch }: Position): Message => {
    rendered.push(`${packet.type} ${packet.seq}`);
    return new Message(Buffer.from(JSON.stringify(epoch === 'e' ? packet : { ...packet, epoch })));
  };
  const encode: Encoder = Object.assign(encodeText, { leastBytes: jsonEncoder.leastBytes });
  const rendition = createStateRendition({
    dialect: 'test',
    projection,
    mode,
    encode,
    words,
    ...(urgencyOf === undefined ? {} : { urgencyOf }),
    clock,
    meter,
  });
  const commit = (document: JsonObject, receivedAt?: number): void => {
    feed.stage(document, receivedAt);
    feed.commit();
  };
  return { clock, meter, feed, projection, rendition, rendered, commit };
}

export function textOf(packet: { readonly message: Message } | undefined): JsonObject | undefined {
  const value: unknown = packet === undefined ? undefined : JSON.parse(packet.message.plain.toString());
  return isJsonObject(value) ? value : undefined;
}
