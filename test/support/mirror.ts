import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Packet } from './client.ts';

/** The document as a client knows it by packets alone. */
export interface Mirror {
  readonly document: JsonObject;
  /** `<epoch>-<seq>` of what it holds, as `since` takes it. */
  readonly since: string;
  readonly deltas: number;
  /** What came and must not have: deltas on another base, versions that go back. */
  readonly faults: readonly string[];
  /** Takes packets in the order in which they came. */
  take(packet: Packet): void;
}

/**
 * Applies packets the way the protocol page tells clients to, and shares no code with the gateway. `since`: what
 * the client held before this connection.
 */
export function createMirror(held: JsonObject = {}, heldSeq = 0): Mirror {
  let document: JsonObject = held;
  let seq = heldSeq;
  let epoch = '';
  let deltas = 0;
  const faults: string[] = [];

  const take = (packet: Packet): void => {
    const { type, body } = packet;
    if (type !== 'WELCOME' && type !== 'TELEMETRY' && type !== 'DELTA') return;
    if (typeof body.epoch === 'string') epoch = body.epoch;
    else if (packet.seq < seq) faults.push(`${type} ${packet.seq} after ${seq}`);
    if (isJsonObject(body.data)) document = body.data;
    else {
      deltas += 1;
      if (body.base !== seq) faults.push(`delta on ${String(body.base)} while holding ${seq}`);
      document = changed(document, body);
    }
    seq = packet.seq;
  };

  return {
    get document() {
      return document;
    },
    get since() {
      return `${epoch}-${seq}`;
    },
    get deltas() {
      return deltas;
    },
    faults,
    take,
  };
}

function changed(document: JsonObject, { patch, append }: JsonObject): JsonObject {
  const next: Record<string, JsonValue> = { ...object(merged(document, patch ?? {})) };
  for (const [key, rolled] of Object.entries(object(append ?? {}))) {
    const { drop, add } = object(rolled);
    const rows = next[key];
    if (!Array.isArray(rows) || !Array.isArray(add)) throw new Error(`append to ${key}, which is no array`);
    next[key] = [...rows.slice(Number(drop)), ...add];
  }
  return next;
}

/** RFC 7396 §2, word for word. */
function merged(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const result = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name) ?? null, value));
  }
  return Object.fromEntries(result);
}

function object(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}
