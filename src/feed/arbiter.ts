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
class Node extends Map<string, Node | Protected> {
  /**
   * What an event had put in the place of this object, or its removal, before a later one set members of it:
   * while it is protected, the members set since are all there is.
   */
  replaced: Protected | undefined;
}

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
  readonly #root = new Node();

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
      const child = existing instanceof Node ? existing : new Node();
      if (existing !== undefined && !(existing instanceof Node)) child.replaced = existing;
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
  if (entry instanceof Node) return settleNode(document, key, entry, time);
  if (answerWins(entry, time)) return { document, undone: 0, over: true };
  if (entry.value === undefined) {
    const removed = withoutKey(document, key);
    return { document: removed, undone: removed === document ? 0 : 1, over: false };
  }
  return { ...withMember(document, key, entry.value), over: false };
}

function settleNode(
  document: JsonObject,
  key: string,
  node: Node,
  time: InputTime,
): Reconciled & { over: boolean } {
  if (node.replaced !== undefined && answerWins(node.replaced, time)) node.replaced = undefined;
  const present = Object.hasOwn(document, key) ? document[key] : undefined;
  let section = node.replaced === undefined && isJsonObject(present) ? present : {};
  let undone = 0;
  for (const [childKey, child] of node) {
    const settled = settle(section, childKey, child, time);
    section = settled.document;
    undone += settled.undone;
    if (settled.over) node.delete(childKey);
  }
  if (node.replaced !== undefined) {
    return node.size === 0
      ? settle(document, key, node.replaced, time)
      : { ...withMember(document, key, section), over: false };
  }
  // With nothing put back, an answer that has no such section, or something else in its place, stands.
  const unchanged = undone === 0 || section === present;
  return { document: unchanged ? document : { ...document, [key]: section }, undone, over: node.size === 0 };
}

/** `document` with a member set; counted as undone where the answer had said otherwise. */
function withMember(document: JsonObject, key: string, value: JsonValue): Reconciled {
  const present = Object.hasOwn(document, key) ? document[key] : undefined;
  if (present !== undefined && equalJson(present, value)) return { document, undone: 0 };
  return { document: { ...document, [key]: value }, undone: 1 };
}

function answerWins(event: InputTime, answer: InputTime): boolean {
  if (event.engineTime !== undefined && answer.engineTime !== undefined) {
    return answer.engineTime > event.engineTime;
  }
  return answer.localTime >= event.localTime;
}

function releaseIn(node: Node, isOver: (entry: Protected) => boolean): void {
  for (const [key, entry] of node) {
    if (entry instanceof Node) {
      releaseIn(entry, isOver);
      if (entry.replaced !== undefined && isOver(entry.replaced)) entry.replaced = undefined;
      if (entry.size > 0) continue;
      if (entry.replaced === undefined) node.delete(key);
      else node.set(key, entry.replaced);
    } else if (isOver(entry)) {
      node.delete(key);
    }
  }
}

function countLeaves(node: Node): number {
  let leaves = node.replaced === undefined ? 0 : 1;
  for (const entry of node.values()) leaves += entry instanceof Node ? countLeaves(entry) : 1;
  return leaves;
}
