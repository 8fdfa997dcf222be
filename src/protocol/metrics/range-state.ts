import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { formatPosition } from '../../feed/position.ts';
import type { StateFeed } from '../../feed/state-feed.ts';

/** That polls fail: why the first one did, and when that was, epoch seconds. */
export type Fault = { readonly error: string; readonly timestamp: number };

/** What the document of a range says. */
export interface RangeState {
  /** The last snapshot, without its time. Undefined: there was none yet. */
  readonly data: JsonObject | undefined;
  /** Of the last snapshot, epoch seconds. */
  readonly timestamp: number | undefined;
  /** Undefined: the last poll was answered, or there was none yet. */
  readonly fault: Fault | undefined;
  /** The range was not polled for a while: the rest is out of date until the next poll has ended. */
  readonly isAwaited: boolean;
}

export function rangeStateOf({ data, timestamp, fault, awaited }: JsonObject): RangeState {
  return {
    data: isJsonObject(data) ? data : undefined,
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    fault: isFault(fault) ? fault : undefined,
    isAwaited: awaited === true,
  };
}

function isFault(value: unknown): value is Fault {
  return isJsonObject(value) && typeof value.error === 'string' && typeof value.timestamp === 'number';
}

/** The document that says so. */
export function rangeDocument({ data, timestamp, fault, isAwaited }: RangeState): JsonObject {
  return {
    ...(data === undefined ? {} : { data }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(fault === undefined ? {} : { fault }),
    ...(isAwaited ? { awaited: true } : {}),
  };
}

/** `seq` since which the data is what it is, and is up to date. `timestamp` alone is no change. */
export function dataSeq(feed: StateFeed): number {
  const { fault } = rangeStateOf(feed.current.document);
  // The end of a fault is told as the data is.
  return Math.max(feed.changedAt('data'), fault === undefined ? feed.changedAt('fault') : 0);
}

export function positionAt({ epoch }: StateFeed, seq: number): string {
  return formatPosition({ epoch, seq });
}

/** Where a client is that holds the newest snapshot. */
export function snapshotPosition(feed: StateFeed): string {
  return positionAt(feed, dataSeq(feed));
}

/** The same of one that was also told whether polls fail. */
export function statePosition(feed: StateFeed): string {
  return positionAt(feed, Math.max(feed.changedAt('data'), feed.changedAt('fault')));
}

/** No position of any range: the client is sent what there is. */
export const noPosition = '';
