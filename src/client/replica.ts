import type { JsonObject } from '../core/json.ts';
import { applyDelta } from '../wire/delta.ts';
import type { DocumentPacket } from './server-packet.ts';
import { shareStructure } from './structural-sharing.ts';

/** What a packet did: `gap` means that it could not be applied, and that a whole document is needed. */
export type Applied = 'changed' | 'unchanged' | 'gap' | 'ignored';

/** The document as the packets tell it. */
export interface Replica {
  /** Empty until the first packet; a new object on each change. */
  readonly document: JsonObject;
  readonly hasDocument: boolean;
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

export function createReplica(): Replica {
  let document: JsonObject = Object.freeze({});
  let hasDocument = false;
  let position: Position | undefined;
  let awaitsWhole = false;

  const hold = (next: JsonObject, epoch: string | undefined, seq: number): Applied => {
    const before = document;
    document = shareStructure(before, next);
    position = epoch ? { epoch, seq } : undefined;
    hasDocument = true;
    awaitsWhole = false;
    return document === before ? 'unchanged' : 'changed';
  };

  return {
    get document() {
      return document;
    },
    get hasDocument() {
      return hasDocument;
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
        if (packet.type === 'DELTA' && awaitsWhole) return 'ignored';
        if (position?.epoch === epoch && position?.seq === packet.base) {
          return hold(applyDelta(document, packet), epoch, seq);
        }
      } catch {
        // It appends to what is no array here, or nests deeper than the stack: whatever it was made for, it was not this.
      }
      awaitsWhole = true;
      return 'gap';
    },
    distrust() {
      awaitsWhole = true;
    },
  };
}
