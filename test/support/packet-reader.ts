import { decode } from '@msgpack/msgpack';
import { apply as applyJson8 } from 'json8-merge-patch';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Message } from '../../src/encode/message.ts';

/** The packet in a message, read without the code that made it. */
export function readMessage({ payload, isBinary }: Message): JsonObject {
  const packet: unknown = isBinary ? decode(payload) : JSON.parse(payload.toString());
  if (!isJsonObject(packet)) throw new Error('no object');
  return packet;
}

/** The document after a DELTA, put together by another merge patch than ours. */
export function applyPacket(document: JsonObject, packet: JsonObject): JsonObject {
  const merged = applyJson8(structuredClone(document), structuredClone(packet.patch));
  if (!isJsonObject(merged)) throw new Error('the patch made no object');
  const result: Record<string, JsonValue> = { ...merged };
  for (const [key, move] of Object.entries(objectAt(packet, 'append') ?? {})) {
    if (!isJsonObject(move) || typeof move.drop !== 'number') throw new Error('no append');
    result[key] = arrayAt(result, key).slice(move.drop).concat(arrayAt(move, 'add'));
  }
  return result;
}

/** What a client of the telemetry dialect holds, as far as the packets tell. */
export class PacketReader {
  seq = 0;
  document: JsonObject = {};
  /** Packet types, in order. */
  readonly types: string[] = [];
  /** What the server must never do. */
  readonly faults: string[] = [];

  take(packet: JsonObject): void {
    const { type, seq, data } = packet;
    this.types.push(String(type));
    if (type !== 'DELTA' && !isJsonObject(data)) return;
    if (typeof seq !== 'number') throw new Error('no seq');
    // A greeting may be of another view than the packet before it.
    if (seq < this.seq && type !== 'WELCOME') this.faults.push(`seq went back from ${this.seq} to ${seq}`);
    if (type === 'DELTA') {
      if (packet.base !== this.seq)
        this.faults.push(`a delta on ${packet.base}, this client holds ${this.seq}`);
      this.document = applyPacket(this.document, packet);
    } else if (isJsonObject(data)) {
      this.document = data;
    }
    this.seq = seq;
  }
}

function objectAt(value: JsonObject, key: string): JsonObject | undefined {
  const member = value[key];
  return isJsonObject(member) ? member : undefined;
}

function arrayAt(value: JsonObject, key: string): JsonArray {
  const member = value[key];
  if (!Array.isArray(member)) throw new Error(`no array at ${key}`);
  return member;
}
