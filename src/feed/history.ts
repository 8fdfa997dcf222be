import Denque from 'denque';
import type { JsonObject } from '../core/json.ts';

/** One state of a document. Sections that did not change are the same objects as in the version before. */
export interface Version {
  readonly seq: number;
  readonly document: JsonObject;
  /** When it was committed, epoch milliseconds: for people. */
  readonly at: number;
  /** The same in monotonic milliseconds: by these it ages, so that no wall clock that is set drops or keeps it. */
  readonly committedAt: number;
  /** When the earliest event in it was received, monotonic milliseconds; absent where none is in it. */
  readonly receivedAt?: number;
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
export interface History {
  add(version: Version): void;
  /** Oldest first. */
  versions(): readonly Version[];
  /** The version with this `seq`, if it is still held. */
  find(seq: number): Version | undefined;
  /** Gives back what it holds to the bound it shares with others. */
  clear(): void;
}

/** The bound that the histories of all feeds share. */
export class HistoryBudget {
  readonly #options: HistoryOptions;
  readonly #histories = new Set<Denque<Version>>();
  #bytes = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Estimated bytes that all versions held now take. */
  get bytes(): number {
    return this.#bytes;
  }

  open(): History {
    const kept = new Denque<Version>();
    this.#histories.add(kept);
    return {
      add: (version) => {
        // Cleared: nothing would ever drop it again.
        if (!this.#histories.has(kept)) return;
        kept.push(version);
        this.#bytes += version.bytes;
        this.#trim(version.committedAt);
      },
      versions: () => kept.toArray(),
      find: (seq) => {
        const first = kept.peekFront();
        // Versions are numbered without gaps, so the distance to the first one is the index.
        return first === undefined || seq < first.seq ? undefined : kept.peekAt(seq - first.seq);
      },
      clear: () => {
        for (const version of kept.toArray()) this.#bytes -= version.bytes;
        kept.clear();
        this.#histories.delete(kept);
      },
    };
  }

  #trim(now: number): void {
    const { historySeconds } = this.#options;
    const oldestAllowed = historySeconds === 0 ? Number.POSITIVE_INFINITY : now - historySeconds * 1000;
    for (const kept of this.#histories) {
      while (kept.length > 1 && (kept.peekFront()?.committedAt ?? now) < oldestAllowed) this.#dropFirst(kept);
    }
    while (this.#bytes > this.#options.historyMaxBytes) {
      const victim = this.#longestHeld();
      if (victim === undefined) return;
      this.#dropFirst(victim);
    }
  }

  #longestHeld(): Denque<Version> | undefined {
    let victim: Denque<Version> | undefined;
    for (const kept of this.#histories) {
      if (kept.length < 2) continue;
      if (victim === undefined || heldSince(kept) < heldSince(victim)) victim = kept;
    }
    return victim;
  }

  #dropFirst(kept: Denque<Version>): void {
    this.#bytes -= kept.shift()?.bytes ?? 0;
  }
}

function heldSince(kept: Denque<Version>): number {
  return kept.peekFront()?.committedAt ?? 0;
}
