import type { Clock } from '../core/clock.ts';
import { estimateMemory, type JsonObject, shareUnchanged } from '../core/json.ts';
import type { History, HistoryBudget, Version } from './history.ts';
import type { Position } from './position.ts';

/** Called with each new version, within the commit. Must not throw. */
type VersionListener = (version: Version, previous: Version) => void;

const maxKeysNoted = 10_000;

/**
 * A JSON document with numbered versions, as its one writer has it: inputs change a pending document, and a commit
 * makes one version of it.
 */
export class WritableStateFeed {
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #history: History;
  readonly #onClose: () => void;
  readonly #listeners = new Set<VersionListener>();
  readonly #changes = new Map<string, number>();
  /** From when on a key that is not among `#changes` may have changed. */
  #unknownSince = 1;
  #current: Version;
  #pending: JsonObject;
  #pendingSince: number | undefined;

  /** @param onClose called when it is closed */
  constructor(
    {
      initial,
      epoch,
      clock,
      budget,
    }: {
      readonly initial: JsonObject;
      readonly epoch: string;
      readonly clock: Clock;
      readonly budget: HistoryBudget;
    },
    onClose: () => void = () => {},
  ) {
    this.epoch = epoch;
    this.#clock = clock;
    this.#onClose = onClose;
    this.#history = budget.open();
    this.#current = this.#versionOf(1, initial, estimateMemory(initial), undefined);
    this.#pending = initial;
    this.#history.add(this.#current);
  }

  /** The newest version. */
  get current(): Version {
    return this.#current;
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.#current.seq };
  }

  /** The document with everything staged since the last commit. */
  get pending(): JsonObject {
    return this.#pending;
  }

  /**
   * Replaces the pending document.
   * @param receivedAt when the event behind it was received (monotonic ms); the earliest one is kept.
   */
  stage(document: JsonObject, receivedAt?: number): void {
    this.#pending = document;
    if (receivedAt !== undefined) this.#pendingSince = Math.min(receivedAt, this.#pendingSince ?? receivedAt);
  }

  /**
   * Makes a version of what is pending. False where nothing differs from the newest version.
   * @param always makes one even then, which readers are told of. Default false.
   */
  commit(always = false): boolean {
    const previous = this.#current;
    const shared = shareUnchanged(previous.document, this.#pending);
    // Versions are told apart by their documents' identity.
    const document = always && shared === previous.document ? { ...shared } : shared;
    const receivedAt = this.#pendingSince;
    this.#pending = document;
    this.#pendingSince = undefined;
    if (document === previous.document) return false;
    const bytes = ownBytes(document, previous.document);
    const version = this.#versionOf(previous.seq + 1, document, bytes, receivedAt);
    this.#current = version;
    this.#history.add(version);
    this.#noteChanges(previous.document, document, version.seq);
    for (const listener of this.#listeners) listener(version, previous);
    return true;
  }

  #versionOf(seq: number, document: JsonObject, bytes: number, receivedAt: number | undefined): Version {
    const [at, committedAt] = [this.#clock.now(), this.#clock.monotonic()];
    return { seq, document, at, committedAt, bytes, receivedAt };
  }

  #noteChanges(previous: JsonObject, document: JsonObject, seq: number): void {
    for (const key of Object.keys(document)) {
      if (document[key] !== previous[key]) this.#changes.set(key, seq);
    }
    for (const key of Object.keys(previous)) {
      if (!Object.hasOwn(document, key)) this.#changes.set(key, seq);
    }
    if (this.#changes.size <= maxKeysNoted) return;
    // The engine keeps renaming keys: those that are gone are forgotten, and count as changed now.
    for (const key of this.#changes.keys()) if (!Object.hasOwn(document, key)) this.#changes.delete(key);
    this.#unknownSince = seq;
  }

  /** `seq` of the newest version that changed, added or removed this top-level key; never too old. */
  changedAt(key: string): number {
    return this.#changes.get(key) ?? this.#unknownSince;
  }

  /** The oldest version still held: that one and all newer ones are. */
  get oldest(): Version {
    return this.#history.oldest ?? this.#current;
  }

  /** The version with this `seq`, if it is still held. */
  version(seq: number): Version | undefined {
    return this.#history.find(seq);
  }

  /** Returns how to stop listening. */
  onVersion(listener: VersionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drops the history and the listeners. */
  close(): void {
    this.#listeners.clear();
    this.#history.clear();
    this.#onClose();
  }
}

/** The side of its readers. */
export type StateFeed = Omit<WritableStateFeed, 'stage' | 'commit' | 'close'>;

/** What a version adds to the one before: its changed sections, and a pointer for each shared one. */
function ownBytes(document: JsonObject, previous: JsonObject): number {
  let bytes = 0;
  for (const [key, section] of Object.entries(document)) {
    bytes += 16 + (section === previous[key] ? 0 : estimateMemory(section));
  }
  return bytes;
}
