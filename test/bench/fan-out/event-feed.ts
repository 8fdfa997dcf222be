import { Redis } from 'ioredis';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';

// What the plain servers have in common: the document, and the events that change it.

export interface Packet {
  readonly type: 'TELEMETRY';
  readonly seq: number;
  readonly data: JsonObject;
}

/** Variables that tell a plain server where its events come from, and with which document it begins. */
export interface EventFeedEnvironment extends Record<string, string> {
  readonly REDIS_PORT: string;
  readonly CHANNEL: string;
  readonly DOCUMENT: string;
}

/** Calls back with a packet for each event; resolves when events are heard. */
export async function followEvents(onPacket: (packet: Packet) => void): Promise<void> {
  const { REDIS_PORT = '', CHANNEL = '', DOCUMENT = '{}' } = process.env;
  let document = objectIn(DOCUMENT);
  let seq = 0;
  const redis = new Redis({ port: Number(REDIS_PORT), host: '127.0.0.1' });
  redis.on('message', (_channel, text) => {
    const { market, ...rest } = objectIn(text);
    document = { ...document, ...rest, market: { ...asObject(document.market), ...asObject(market) } };
    seq += 1;
    onPacket({ type: 'TELEMETRY', seq, data: document });
  });
  await redis.subscribe(CHANNEL);
}

function objectIn(text: string): JsonObject {
  return asObject(JSON.parse(text));
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
