import { isJsonObject, type JsonArray, type JsonObject, type JsonValue, setOwn } from '../core/json.ts';
import { applyDelta } from '../wire/delta.ts';
import type { TelemetryDocument } from './document.ts';
import type { DocumentPacket } from './server-packet.ts';
import type { TelemetryClient } from './types.ts';
import { hasSpoken } from './vouching.ts';

/** What a packet did: `gap` means that it could not be applied, and that a whole document is needed. */
type Applied = 'changed' | 'unchanged' | 'gap' | 'ignored';

const empty: JsonObject = Object.freeze({});

/** The document as the packets tell it. */
export class Replica {
  /** The same where the engine has spoken, else empty; a new object on each change. */
  document: TelemetryDocument = empty;
  hasDocument = false;
  /** Undefined where what is held has no known position. */
  position: TelemetryClient['position'];
  /** Something was lost, and the whole document that makes up for it is not here yet. */
  isBehind = false;
  #held = empty;

  /** What packets said up to now, the gateway's zeros before the engine's first word included. */
  get held(): TelemetryDocument & JsonObject {
    return this.#held;
  }

  /** Takes packets in the order in which one connection brought them. */
  apply(packet: DocumentPacket): Applied {
    const { seq } = packet;
    const epoch = ('epoch' in packet ? packet.epoch : undefined) ?? this.position?.epoch;
    try {
      if ('data' in packet) return this.#hold(packet.data, epoch, seq);
      // A WELCOME says what became of the version that this client told it has, whatever happened in between.
      if (packet.type === 'DELTA' && this.isBehind) return 'ignored';
      if (this.position?.epoch === epoch && this.position?.seq === packet.base) {
        return this.#hold(applyDelta(this.#held, packet), epoch, seq);
      }
    } catch {
      // It appends to something that is no array here, or is nested too deeply: it was not made for this document.
    }
    this.isBehind = true;
    return 'gap';
  }

  /** Something was lost: what is held stays, and no delta is applied to it until a whole document comes. */
  distrust(): void {
    this.isBehind = true;
  }

  #hold(next: JsonObject, epoch: string | undefined, seq: number): Applied {
    const before = this.document;
    this.#held = shareStructure(this.#held, next);
    this.hasDocument = hasSpoken(this.#held);
    this.document = this.hasDocument ? this.#held : empty;
    this.position = epoch ? { epoch, seq } : undefined;
    this.isBehind = false;
    return this.document === before ? 'unchanged' : 'changed';
  }
}

/**
 * `next`, with everything in it that equals its counterpart in `previous` replaced by that very object, at every
 * depth: so that what did not change is known by identity, however it came. `previous` itself where nothing differs.
 */
export function shareStructure(previous: JsonObject, next: JsonObject): JsonObject {
  if (previous === next) return previous;
  const shared: Record<string, JsonValue> = {};
  let differs = Object.keys(previous).length !== Object.keys(next).length;
  for (const [key, value] of Object.entries(next)) {
    const old = Object.hasOwn(previous, key) ? previous[key] : undefined;
    const kept = shareValue(old, value);
    setOwn(shared, key, kept);
    differs ||= kept !== old;
  }
  return differs ? shared : previous;
}

function shareValue(previous: JsonValue | undefined, next: JsonValue): JsonValue {
  if (isJsonObject(previous) && isJsonObject(next)) return shareStructure(previous, next);
  if (Array.isArray(previous) && Array.isArray(next)) return shareArray(previous, next);
  return next;
}

/** Items of a rolling array move to the front: they are looked for where the first one is found. */
function shareArray(previous: JsonArray, next: JsonArray): JsonArray {
  if (previous === next) return previous;
  const [first] = next;
  const equalsFirst = (item: JsonValue): boolean => first !== undefined && shareValue(item, first) === item;
  const shift = Math.max(0, previous.findIndex(equalsFirst));
  const shared = next.map((item, index) => shareValue(previous[index + shift], item));
  const same = shared.length === previous.length && shared.every((item, index) => item === previous[index]);
  return same ? previous : shared;
}
