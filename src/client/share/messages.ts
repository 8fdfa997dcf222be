import { isJsonObject } from '../../core/json.ts';
import type { PacketRead } from '../server-packet.ts';
import type { TransportName } from '../types.ts';

/** A tab, and when it came to lead: a later term beats an earlier one, and of one term the older tab leads. */
export interface Rank {
  readonly term: number;
  /** Sorts by age. */
  readonly id: string;
}

export function beats(a: Rank, b: Rank): boolean {
  return a.term === b.term ? a.id < b.id : a.term > b.term;
}

/** A connection of the leader, numbered anew with each. */
export interface Via {
  readonly number: number;
  readonly transport: TransportName;
}

/** How the leader stands towards the gateway. */
export interface Standing {
  /** Undefined: it has no live connection. */
  readonly via: Via | undefined;
  readonly isSilent: boolean;
  readonly reasons: string;
  /** It holds the lock of its name: whoever gets that knows that it is gone. */
  readonly isLocked: boolean;
  /** How often it passed anything on: whoever got less has lost something. */
  readonly relays: number;
  /** When it was last told anything by the gateway, epoch ms; undefined: never. */
  readonly heardAt: number | undefined;
}

/** What the gateway told the leader: passed on as it came. */
export interface Relayed {
  /** Counts from 1. */
  readonly number: number;
  readonly via: Via;
  readonly packet: PacketRead;
  /** On the wire; 0: this was put together from earlier packets. */
  readonly bytes: number;
  /** When it reached this browser, epoch ms. */
  readonly at: number;
}

/** What a tab says to all others of its group. */
export type TabWord =
  /** It would lead with this term. */
  | { readonly type: 'claim'; readonly term: number }
  /** It leads. */
  | { readonly type: 'beat'; readonly term: number; readonly standing: Standing }
  | { readonly type: 'relay'; readonly term: number; readonly relayed: Relayed }
  /** For one that came late: the document as it stands, where there is one, and a PONG that came since. */
  | {
      readonly type: 'welcome';
      readonly term: number;
      readonly to: string;
      readonly standing: Standing;
      readonly document: Relayed | undefined;
      readonly pong: Relayed | undefined;
    }
  /** It follows, and asks for a sign of life, or for the whole document. */
  | { readonly type: 'ask'; readonly wantsWhole: boolean; readonly pauses: boolean }
  /** It is gone. */
  | { readonly type: 'bye' };

export type TabMessage = TabWord & { readonly from: string };

const types: readonly unknown[] = [
  'claim',
  'beat',
  'relay',
  'welcome',
  'ask',
  'bye',
] satisfies TabWord['type'][];

/** Pages of one origin trust each other, and the group's name has the version: what says it is a message, is one. */
export function isTabMessage(data: unknown): data is TabMessage {
  return isJsonObject(data) && types.includes(data.type) && typeof data.from === 'string';
}
