import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type Encoding, jsonEncoding } from '../../src/encode/encoding.ts';
import type { Message } from '../../src/encode/message.ts';
import { type PacketWords, StateRendition, type UrgencyOf } from '../../src/encode/state-rendition.ts';
import { Projection } from '../../src/feed/projection.ts';
import { createTestContext } from '../support/context.ts';
import { newStateFeed } from '../support/feeds.ts';

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
  const { clock, meter } = createTestContext();
  const feed = newStateFeed(initial, { clock });
  const projection = new Projection(feed, sections, {
    always: ['timestamp', 'status'],
    unremarkable: ['timestamp'],
  });
  const rendered: string[] = [];
  const encoding: Encoding = {
    ...jsonEncoding,
    encode(packet) {
      if ('type' in packet && 'seq' in packet) rendered.push(`${packet.type} ${packet.seq}`);
      return jsonEncoding.encode(packet);
    },
  };
  const rendition = new StateRendition({
    dialect: 'test',
    projection,
    mode,
    encoding,
    words,
    urgencyOf,
    clock,
    meter,
  });
  const commit = (document: JsonObject, receivedAt?: number): void => {
    feed.stage(document, receivedAt);
    feed.commit();
  };
  return { clock, meter, feed, projection, rendition, rendered, commit };
}

export function textOf(told: Message | { readonly message: Message } | undefined): JsonObject | undefined {
  const message = told !== undefined && 'message' in told ? told.message : told;
  const value: unknown = message === undefined ? undefined : JSON.parse(message.payload.toString());
  return isJsonObject(value) ? value : undefined;
}
