import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type PacketRead, readPacket } from '../server-packet.ts';
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

/**
 * Pages of one origin trust each other, and the group's name has the version. But any of them may say anything by a
 * channel of this name, by mistake: what is no message is nothing, and does no harm to the election or to ages.
 */
export function isTabMessage(data: unknown): data is TabMessage {
  return isJsonObject(data) && typeof data.from === 'string' && checks.get(data.type)?.(data) === true;
}

type Check = (message: Partial<JsonObject>) => boolean;

const hasTerm: Check = ({ term }) => Number.isSafeInteger(term);
const hasStanding: Check = ({ term, standing }) =>
  Number.isSafeInteger(term) &&
  isJsonObject(standing) &&
  (standing.via === undefined || isVia(standing.via)) &&
  (standing.heardAt === undefined || Number.isFinite(standing.heardAt)) &&
  typeof standing.reasons === 'string';

const checks: ReadonlyMap<unknown, Check> = new Map([
  ['claim', hasTerm],
  ['beat', hasStanding],
  ['relay', ({ term, relayed }) => Number.isSafeInteger(term) && isRelayed(relayed)],
  [
    'welcome',
    (message) =>
      hasStanding(message) &&
      [message.document, message.pong].every((relayed) => relayed === undefined || isRelayed(relayed)),
  ],
  ['ask', () => true],
  ['bye', () => true],
] satisfies [TabWord['type'], Check][]);

function isVia(value: unknown): boolean {
  return isJsonObject(value) && Number.isFinite(value.number) && typeof value.transport === 'string';
}

function isRelayed(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    isVia(value.via) &&
    Number.isFinite(value.number) &&
    Number.isFinite(value.bytes) &&
    Number.isFinite(value.at) &&
    (value.packet === 'malformed' || typeof readPacket(value.packet) === 'object')
  );
}
