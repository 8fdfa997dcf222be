import { equalJson, isJsonObject, type JsonObject, type JsonValue, withoutKey } from '../core/json.ts';
import type { Path } from '../wire/merge-patch.ts';

/** When an input says its state is from, and when it came. */
export interface InputTime {
  /** Epoch milliseconds by the engine's clock, where the input carries its own timestamp. */
  readonly engineTime: number | undefined;
  /** Monotonic milliseconds here: when an event arrived, or when a poll's request was started. */
  readonly localTime: number;
}

interface Protected extends InputTime {
  /** What the event set; undefined where it removed the key. */
  readonly value: JsonValue | undefined;
}

/** Mirrors the shape of what events set: a leaf for each path, under a node for each object on the way. */
type Node = Map<string, Node | Protected>;

export interface Reconciled {
  readonly document: JsonObject;
  /** Values of the answer that were set aside. */
  readonly undone: number;
}

/**
 * Settles who wins between events and polls. An event protects each leaf path it set. A later-arriving answer
 * takes a path over where it is newer: by the engine's timestamps if both carry one (the event wins a tie),
 * otherwise if its request was started after the event arrived. The first answer that wins a path ends its
 * protection. Without this, a poll that was in flight would undo an event and the next one bring it back.
 */
export class Arbiter {
  readonly #root: Node = new Map();

  /**
   * Protects the leaves that a merge patch (RFC 7396) set or removed.
   * @param keepsNull as in `applyMergePatch`: whether a null at this path is a value, not a removal
   */
  protect(patch: JsonObject, time: InputTime, keepsNull: (path: Path) => boolean = () => false): void {
    protectIn(this.#root, patch, { ...time, keepsNull, path: [] });
  }

  /**
   * Puts what events protect back into a document that an answer was just applied to.
   * @param owns whether the answer speaks for a top-level key; others are left alone
   */
  reconcile(document: JsonObject, time: InputTime, owns: (key: string) => boolean): Reconciled {
    let result = document;
    let undone = 0;
    for (const [key, entry] of this.#root) {
      if (!owns(key)) continue;
      const settled = settle(result, key, entry, time);
      result = settled.document;
      undone += settled.undone;
      if (settled.over) this.#root.delete(key);
    }
    return { document: result, undone };
  }

  /** Paths protected now. Counted on demand. */
  get size(): number {
    return countLeaves(this.#root);
  }

  clear(): void {
    this.#root.clear();
  }

  /** Ends the protection of everything under a top-level key. */
  release(key: string): void {
    this.#root.delete(key);
  }

  /** Ends the protection of what claims to be newer than `engineTime`: the engine's clock was set back. */
  releaseNewerThan(engineTime: number): void {
    releaseIn(this.#root, (entry) => entry.engineTime !== undefined && entry.engineTime > engineTime);
  }
}

interface Protection extends InputTime {
  readonly keepsNull: (path: Path) => boolean;
  readonly path: Path;
}

function protectIn(node: Node, patch: JsonObject, protection: Protection): void {
  const { engineTime, localTime, keepsNull } = protection;
  for (const [key, change] of Object.entries(patch)) {
    const path = [...protection.path, key];
    if (isJsonObject(change)) {
      // An empty object merges nothing, so it leaves nothing to protect.
      if (Object.keys(change).length === 0) continue;
      const existing = node.get(key);
      const child: Node = existing instanceof Map ? existing : new Map();
      node.set(key, child);
      protectIn(child, change, { ...protection, path });
    } else {
      const removed = change === null && !keepsNull(path);
      node.set(key, { engineTime, localTime, value: removed ? undefined : change });
    }
  }
}

function settle(
  document: JsonObject,
  key: string,
  entry: Node | Protected,
  time: InputTime,
): Reconciled & { over: boolean } {
  const present = Object.hasOwn(document, key) ? document[key] : undefined;
  if (entry instanceof Map) {
    let section = isJsonObject(present) ? present : {};
    let undone = 0;
    for (const [childKey, child] of entry) {
      const settled = settle(section, childKey, child, time);
      section = settled.document;
      undone += settled.undone;
      if (settled.over) entry.delete(childKey);
    }
    // With nothing put back, an answer that has no such section, or something else in its place, stands.
    const unchanged = undone === 0 || section === present;
    return {
      document: unchanged ? document : { ...document, [key]: section },
      undone,
      over: entry.size === 0,
    };
  }
  if (answerWins(entry, time)) return { document, undone: 0, over: true };
  if (entry.value === undefined) {
    const removed = withoutKey(document, key);
    return { document: removed, undone: removed === document ? 0 : 1, over: false };
  }
  if (present !== undefined && equalJson(present, entry.value)) return { document, undone: 0, over: false };
  return { document: { ...document, [key]: entry.value }, undone: 1, over: false };
}

function answerWins(event: InputTime, answer: InputTime): boolean {
  if (event.engineTime !== undefined && answer.engineTime !== undefined) {
    return answer.engineTime > event.engineTime;
  }
  return answer.localTime >= event.localTime;
}

function releaseIn(node: Node, isOver: (entry: Protected) => boolean): void {
  for (const [key, entry] of node) {
    if (entry instanceof Map) {
      releaseIn(entry, isOver);
      if (entry.size === 0) node.delete(key);
    } else if (isOver(entry)) {
      node.delete(key);
    }
  }
}

function countLeaves(node: Node): number {
  let leaves = 0;
  for (const entry of node.values()) leaves += entry instanceof Map ? countLeaves(entry) : 1;
  return leaves;
}
