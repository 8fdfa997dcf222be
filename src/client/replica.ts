import type { JsonObject } from '../core/json.ts';
import { applyDelta } from '../wire/delta.ts';
import type { TelemetryDocument } from './document.ts';
import type { DocumentPacket } from './server-packet.ts';
import { shareStructure } from './structural-sharing.ts';
import { hasSpoken } from './vouching.ts';

/** What a packet did: `gap` means that it could not be applied, and that a whole document is needed. */
export type Applied = 'changed' | 'unchanged' | 'gap' | 'ignored';

/** The document as the packets tell it. */
export interface Replica {
  /** What packets said up to now, the gateway's zeros before the engine's first word included. */
  readonly held: TelemetryDocument;
  /** The same where the engine has spoken, else empty; a new object on each change. */
  readonly document: TelemetryDocument;
  readonly hasDocument: boolean;
  /** Something was lost, and the whole document that makes up for it is not here yet. */
  readonly isBehind: boolean;
  /** Undefined where what is held has no known position. */
  readonly position: Position | undefined;
  /** Takes packets in the order in which one connection brought them. */
  apply(packet: DocumentPacket): Applied;
  /** Something was lost: what is held stays, and no delta is applied to it until a whole document comes. */
  distrust(): void;
}

interface Position {
  readonly epoch: string;
  readonly seq: number;
}

const empty: JsonObject = Object.freeze({});

export function createReplica(): Replica {
  let held = empty;
  let document = empty;
  let hasDocument = false;
  let position: Position | undefined;
  let isBehind = false;

  const hold = (next: JsonObject, epoch: string | undefined, seq: number): Applied => {
    const before = document;
    held = shareStructure(held, next);
    hasDocument = hasSpoken(held);
    document = hasDocument ? held : empty;
    position = epoch ? { epoch, seq } : undefined;
    isBehind = false;
    return document === before ? 'unchanged' : 'changed';
  };

  return {
    get held() {
      return held;
    },
    get document() {
      return document;
    },
    get hasDocument() {
      return hasDocument;
    },
    get isBehind() {
      return isBehind;
    },
    get position() {
      return position;
    },
    apply(packet) {
      const { seq } = packet;
      const epoch = ('epoch' in packet ? packet.epoch : undefined) ?? position?.epoch;
      try {
        if ('data' in packet) return hold(packet.data, epoch, seq);
        // A WELCOME says what became of the version that this client told it has, whatever happened in between.
        if (packet.type === 'DELTA' && isBehind) return 'ignored';
        if (position?.epoch === epoch && position?.seq === packet.base) {
          return hold(applyDelta(held, packet), epoch, seq);
        }
      } catch {
        // It appends to what is no array here, or nests deeper than the stack: whatever it was made for, it was not this.
      }
      isBehind = true;
      return 'gap';
    },
    distrust() {
      isBehind = true;
    },
  };
}
