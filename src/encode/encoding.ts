import { Packr } from 'msgpackr';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** How packets become bytes. */
export interface Encoding {
  /** Whether the bytes are no text (RFC 6455 §5.6). */
  readonly isBinary: boolean;
  /** @param packet what JSON can say */
  encode(packet: object): Buffer;
  /** A lower bound of the size that a packet with this document has. */
  leastBytes(document: JsonObject): number;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** MessagePack that any decoder reads: msgpackr's record extension is off, and a map says its true size. */
export function pack(value: unknown): Buffer {
  return packr.pack(value);
}

export const jsonEncoding: Encoding = {
  isBinary: false,
  encode: (packet) => Buffer.from(JSON.stringify(packet)),
  leastBytes: createLeastBytes({ text: 2, member: 2, item: 1, literal: 4, fraction: 3, container: 1 }),
};

/**
 * Only the `data` of a packet, as JSON: for transports that say besides which event it is (Socket.IO), or need not
 * (Server-Sent Events).
 */
export const eventEncoding: Encoding = {
  ...jsonEncoding,
  encode: (packet) => Buffer.from(JSON.stringify(('data' in packet ? packet.data : undefined) ?? null)),
};

export const msgpackEncoding: Encoding = {
  isBinary: true,
  encode: pack,
  // One byte before nearly everything, five for the shortest float.
  leastBytes: createLeastBytes({ text: 1, member: 0, item: 0, literal: 1, fraction: 5, container: 1 }),
};

/** The least bytes that an encoding spends on each kind of value. */
interface ByteCosts {
  /** A string or key besides its characters. */
  readonly text: number;
  /** What separates a member of an object or an item of an array from the next, and a key from its value. */
  readonly member: number;
  readonly item: number;
  /** null, true, false. */
  readonly literal: number;
  readonly fraction: number;
  /** Empty object or array. */
  readonly container: number;
}

/**
 * A lower bound of a document's size in an encoding, at a fraction of the cost of encoding it. Sections are
 * measured once: those that two versions share are the same object.
 */
function createLeastBytes(costs: ByteCosts): (document: JsonObject) => number {
  const known = new WeakMap<object, number>();

  const measure = (value: JsonValue): number => {
    if (typeof value === 'string') return value.length + costs.text;
    if (typeof value === 'number') return Number.isInteger(value) ? 1 : costs.fraction;
    if (typeof value !== 'object' || value === null) return costs.literal;
    let bytes = costs.container;
    if (isJsonObject(value)) {
      for (const key in value) {
        const member = value[key];
        if (member !== undefined) bytes += key.length + costs.text + costs.member + measure(member);
      }
    } else {
      for (const item of value) bytes += costs.item + measure(item);
    }
    return bytes;
  };

  const measureSection = (section: JsonValue): number => {
    if (typeof section !== 'object' || section === null) return measure(section);
    const before = known.get(section);
    if (before !== undefined) return before;
    const bytes = measure(section);
    known.set(section, bytes);
    return bytes;
  };

  return (document) => {
    let bytes = costs.container;
    for (const [key, section] of Object.entries(document)) {
      bytes += key.length + costs.text + costs.member + measureSection(section);
    }
    return bytes;
  };
}
