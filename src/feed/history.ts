import Denque from 'denque';
import type { JsonObject } from '../core/json.ts';

/** One state of a document. Sections that did not change are the same objects as in the version before. */
export interface Version {
  readonly seq: number;
  readonly document: JsonObject;
  /** When it was committed, epoch milliseconds: for people. */
  readonly at: number;
  /** The same in monotonic milliseconds, by which it ages: the wall clock may be set. */
  readonly committedAt: number;
  /** When the earliest event in it was received, monotonic milliseconds; undefined where none is in it. */
  readonly receivedAt?: number | undefined;
  /** Estimated bytes it holds beyond what it shares with the version before. */
  readonly bytes: number;
}

export interface HistoryOptions {
  /** How long a version is kept. 0: only the newest. Default 600. */
  readonly historySeconds: number;
  /** What the versions of all feeds may hold together; the oldest go first. 0: only the newest. Default 64 MiB. */
  readonly historyMaxBytes: number;
}

export const historyDefaults: HistoryOptions = { historySeconds: 600, historyMaxBytes: 64 * 1024 * 1024 };

/** The kept versions of one feed: always the newest, and as many before it as the shared bounds allow. */
export class History {
  readonly #budget: HistoryBudget;
  readonly #kept = new Denque<Version>();
  #bytes = 0;

  constructor(budget: HistoryBudget) {
    this.#budget = budget;
  }

  add(version: Version): void {
    // Cleared: the budget no longer trims it.
    if (!this.#budget.includes(this)) return;
    this.#kept.push(version);
    this.#bytes += version.bytes;
    this.#budget.trim(version.committedAt);
  }

  /** The oldest version held; undefined: none is. */
  get oldest(): Version | undefined {
    return this.#kept.peekFront();
  }

  /** The version with this `seq`, if it is still held. */
  find(seq: number): Version | undefined {
    const first = this.#kept.peekFront();
    // Versions are numbered without gaps, so the distance to the first one is the index.
    return first === undefined || seq < first.seq ? undefined : this.#kept.peekAt(seq - first.seq);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest version that may be dropped was committed, monotonic ms. Undefined: only the newest is held. */
  get heldSince(): number | undefined {
    return this.#kept.length < 2 ? undefined : this.#kept.peekFront()?.committedAt;
  }

  dropOldest(): void {
    this.#bytes -= this.#kept.shift()?.bytes ?? 0;
  }

  /** Drops everything, and adds nothing from now on. */
  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
    this.#budget.remove(this);
  }
}

/** The bound that the histories of all feeds share. */
export class HistoryBudget {
  readonly #options: HistoryOptions;
  readonly #histories = new Set<History>();

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Estimated bytes that all versions held now take. */
  get bytes(): number {
    let bytes = 0;
    for (const history of this.#histories) bytes += history.bytes;
    return bytes;
  }

  open(): History {
    const history = new History(this);
    this.#histories.add(history);
    return history;
  }

  includes(history: History): boolean {
    return this.#histories.has(history);
  }

  remove(history: History): void {
    this.#histories.delete(history);
  }

  /** Drops what is older than allowed, and the oldest while all together hold too much. */
  trim(now: number): void {
    const { historySeconds, historyMaxBytes } = this.#options;
    const oldestAllowed = historySeconds === 0 ? Number.POSITIVE_INFINITY : now - historySeconds * 1000;
    for (const history of this.#histories) {
      while ((history.heldSince ?? oldestAllowed) < oldestAllowed) history.dropOldest();
    }
    while (this.bytes > historyMaxBytes) {
      const victim = this.#longestHeld();
      if (victim === undefined) return;
      victim.dropOldest();
    }
  }

  #longestHeld(): History | undefined {
    let victim: History | undefined;
    let longest = Number.POSITIVE_INFINITY;
    for (const history of this.#histories) {
      if (history.heldSince === undefined || history.heldSince >= longest) continue;
      longest = history.heldSince;
      victim = history;
    }
    return victim;
  }
}
