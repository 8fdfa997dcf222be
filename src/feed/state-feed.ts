import type { Clock } from '../core/clock.ts';
import { estimateBytes, type JsonObject, shareUnchanged } from '../core/json.ts';
import type { HistoryBudget, Version } from './history.ts';
import type { Position } from './position.ts';

/** Told of each new version, in the same turn in which it was committed. Must not throw. */
export type VersionListener = (version: Version, previous: Version) => void;

/** A JSON document with numbered versions, as its readers have it. */
export interface StateFeed {
  readonly epoch: string;
  /** The newest version. */
  readonly current: Version;
  readonly position: Position;
  /** The document with everything staged since the last commit. */
  readonly pending: JsonObject;
  /** `seq` of the newest version that changed, added or removed this top-level key; never too old. */
  changedAt(key: string): number;
  /** Versions still held, oldest first, the newest included. */
  history(): readonly Version[];
  /** The version with this `seq`, if it is still held. */
  version(seq: number): Version | undefined;
  /** Returns how to stop listening. */
  onVersion(listener: VersionListener): () => void;
}

/** The same as its one writer has it: inputs change a pending document, and a commit makes one version of it. */
export interface WritableStateFeed extends StateFeed {
  /**
   * Replaces the pending document.
   * @param receivedAt when the event behind it was received (monotonic ms); the earliest one is kept.
   */
  stage(document: JsonObject, receivedAt?: number): void;
  /**
   * Makes a version of what is pending. False where nothing differs from the newest version.
   * @param always makes one all the same, for readers that are to hear of it. Default false.
   */
  commit(always?: boolean): boolean;
  /** Releases the history. */
  close(): void;
}

export interface StateFeedOptions {
  readonly initial: JsonObject;
  readonly epoch: string;
  readonly clock: Clock;
  readonly budget: HistoryBudget;
  /** Called when it is closed. Default: nothing. */
  readonly onClose?: () => void;
}

const maxKeysNoted = 10_000;

export function createStateFeed(options: StateFeedOptions): WritableStateFeed {
  const { initial, epoch, clock, budget, onClose = () => {} } = options;
  const listeners = new Set<VersionListener>();
  const history = budget.open();
  const now = () => ({ at: clock.now(), committedAt: clock.monotonic() });
  let current: Version = { seq: 1, document: initial, ...now(), bytes: estimateBytes(initial) };
  let pending = initial;
  let pendingSince: number | undefined;
  const changes = new Map<string, number>();
  history.add(current);

  let unknownSince = 1;
  const noteChanges = (previous: JsonObject, document: JsonObject, seq: number): void => {
    for (const key of Object.keys(document)) {
      if (document[key] !== previous[key]) changes.set(key, seq);
    }
    for (const key of Object.keys(previous)) {
      if (!Object.hasOwn(document, key)) changes.set(key, seq);
    }
    if (changes.size <= maxKeysNoted) return;
    // An engine whose keys keep changing their names: those that are gone are forgotten, on the safe side.
    for (const key of changes.keys()) if (!Object.hasOwn(document, key)) changes.delete(key);
    unknownSince = seq;
  };

  return {
    epoch,
    get current() {
      return current;
    },
    get position() {
      return { epoch, seq: current.seq };
    },
    get pending() {
      return pending;
    },
    stage(document, receivedAt) {
      pending = document;
      if (receivedAt !== undefined) pendingSince = Math.min(receivedAt, pendingSince ?? receivedAt);
    },
    commit(always = false) {
      const shared = shareUnchanged(current.document, pending);
      // Versions are told apart by their documents' identity.
      const document = always && shared === current.document ? { ...shared } : shared;
      const receivedAt = pendingSince;
      pending = document;
      pendingSince = undefined;
      if (document === current.document) return false;
      const previous = current;
      const version: Version = {
        seq: previous.seq + 1,
        document,
        ...now(),
        bytes: ownBytes(document, previous.document),
        ...(receivedAt === undefined ? {} : { receivedAt }),
      };
      current = version;
      history.add(version);
      noteChanges(previous.document, document, version.seq);
      for (const listener of listeners) listener(version, previous);
      return true;
    },
    changedAt: (key) => changes.get(key) ?? unknownSince,
    history: () => history.versions(),
    version: (seq) => history.find(seq),
    onVersion(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      history.clear();
      onClose();
    },
  };
}

/** What a version adds to the one before: its changed sections, and a pointer for each shared one. */
function ownBytes(document: JsonObject, previous: JsonObject): number {
  let bytes = 0;
  for (const [key, section] of Object.entries(document)) {
    bytes += 16 + (section === previous[key] ? 0 : estimateBytes(section));
  }
  return bytes;
}
