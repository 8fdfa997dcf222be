import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Path } from '../wire/merge-patch.ts';
import { Draft } from './draft.ts';

/** The time that an input states, and when it came. */
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
  /** What an event that set `{}` protects: that there is an object here, whatever its members. */
  present: InputTime | undefined;
}

interface Reconciled {
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
    const draft = new Draft(document);
    let undone = 0;
    for (const [key, entry] of this.#root) {
      if (!owns(key)) continue;
      const settled = settle(draft, key, entry, time);
      undone += settled.undone;
      if (settled.over) this.#root.delete(key);
    }
    return { document: draft.result, undone };
  }

  /** Paths protected now. Counted on demand. */
  get size(): number {
    return countLeaves(this.#root);
  }

  /** Whether events protect this path, or something below it. */
  protects(path: Path): boolean {
    let entry: Node | Protected | undefined = this.#root;
    for (const key of path) {
      // What an event set here it set for all below.
      if (!(entry instanceof Node)) break;
      entry = entry.get(key);
    }
    return entry !== undefined;
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
      const existing = node.get(key);
      const child = existing instanceof Node ? existing : new Node();
      if (existing !== undefined && !(existing instanceof Node)) child.replaced = existing;
      // Merged into an object it changes nothing; anything else it replaces.
      if (Object.keys(change).length === 0) child.present = { engineTime, localTime };
      node.set(key, child);
      protectIn(child, change, { ...protection, path });
    } else {
      const removed = change === null && !keepsNull(path);
      node.set(key, { engineTime, localTime, value: removed ? undefined : change });
    }
  }
}

interface Settled {
  readonly undone: number;
  /** Whether nothing is protected here any more. */
  readonly over: boolean;
}

/** Every object on the way is copied at most once: an event may protect a great many members of one. */
function settle(draft: Draft, key: string, entry: Node | Protected, time: InputTime): Settled {
  if (entry instanceof Node) return settleNode(draft, key, entry, time);
  if (answerWins(entry, time)) return { undone: 0, over: true };
  return { undone: putBack(draft, key, entry.value), over: false };
}

function settleNode(draft: Draft, key: string, node: Node, time: InputTime): Settled {
  if (node.replaced !== undefined && answerWins(node.replaced, time)) node.replaced = undefined;
  if (node.present !== undefined && answerWins(node.present, time)) node.present = undefined;
  const said = draft.get(key);
  const section = new Draft(node.replaced === undefined && isJsonObject(said) ? said : {});
  let undone = 0;
  for (const [childKey, child] of node) {
    const settled = settle(section, childKey, child, time);
    undone += settled.undone;
    if (settled.over) node.delete(childKey);
  }
  const over = node.size === 0 && node.present === undefined;
  if (node.replaced !== undefined) {
    return { undone: putBack(draft, key, over ? node.replaced.value : section.result), over: false };
  }
  if (undone === 0 && node.present !== undefined && !isJsonObject(said)) undone = 1;
  // With nothing put back, an answer that has no such section, or something else in its place, stands.
  if (undone > 0) draft.set(key, section.result);
  return { undone, over };
}

/** Sets or removes a member. 1, for the count of what was undone, where the answer had said otherwise. */
function putBack(draft: Draft, key: string, value: JsonValue | undefined): 0 | 1 {
  const said = draft.get(key);
  if (value === undefined ? said === undefined : said !== undefined && equalJson(said, value)) return 0;
  if (value === undefined) draft.delete(key);
  else draft.set(key, value);
  return 1;
}

function answerWins(event: InputTime, answer: InputTime): boolean {
  if (event.engineTime !== undefined && answer.engineTime !== undefined) {
    return answer.engineTime > event.engineTime;
  }
  return answer.localTime >= event.localTime;
}

function releaseIn(node: Node, isOver: (time: InputTime) => boolean): void {
  for (const [key, entry] of node) {
    if (entry instanceof Node) {
      releaseIn(entry, isOver);
      if (entry.replaced !== undefined && isOver(entry.replaced)) entry.replaced = undefined;
      if (entry.present !== undefined && isOver(entry.present)) entry.present = undefined;
      if (entry.size > 0 || entry.present !== undefined) continue;
      if (entry.replaced === undefined) node.delete(key);
      else node.set(key, entry.replaced);
    } else if (isOver(entry)) {
      node.delete(key);
    }
  }
}

function countLeaves(node: Node): number {
  let leaves = (node.replaced === undefined ? 0 : 1) + (node.present === undefined ? 0 : 1);
  for (const entry of node.values()) leaves += entry instanceof Node ? countLeaves(entry) : 1;
  return leaves;
}
