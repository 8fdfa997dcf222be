import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Version } from './history.ts';
import type { Position } from './position.ts';
import type { StateFeed } from './state-feed.ts';

/**
 * What some readers see of a feed's document: all of it, or some of its top-level sections. A projection has a
 * position of its own: the newest version in which what it shows changed, in an epoch of its own, so that a
 * position taken of one projection is never mistaken for one of another.
 */
export class Projection {
  readonly feed: StateFeed;
  /**
   * Keys whose change alone is no change: readers at the same position may have been shown different values of them,
   * so every delta must state them.
   */
  readonly unremarkable: readonly string[];
  readonly #epoch: string;
  /** Undefined: all. */
  readonly #shown: readonly string[] | undefined;
  /** Keys whose change is a change of the projection. */
  readonly #watched: readonly string[];

  /**
   * @param sections sorted keys of the sections shown. Undefined: all
   * @param always shown whatever the sections are
   * @param unremarkable of these, the ones whose change alone is no change of a narrowed projection
   */
  constructor(
    feed: StateFeed,
    sections?: readonly string[],
    { always = [], unremarkable = [] }: { always?: readonly string[]; unremarkable?: readonly string[] } = {},
  ) {
    this.feed = feed;
    this.#epoch = sections === undefined ? feed.epoch : `${feed.epoch}.${digest(sections)}`;
    this.#shown = sections && [...new Set([...always, ...sections])];
    this.unremarkable = this.#shown?.filter((key) => unremarkable.includes(key)) ?? [];
    this.#watched = this.#shown?.filter((key) => !unremarkable.includes(key)) ?? [];
  }

  get position(): Position {
    const seq =
      this.#shown === undefined
        ? this.feed.current.seq
        : Math.max(1, ...this.#watched.map((key) => this.feed.changedAt(key)));
    return { epoch: this.#epoch, seq };
  }

  /** What it shows of a version: for one version, and for two with nothing changed between, equal values. */
  of({ document }: Version): JsonObject {
    if (this.#shown === undefined) return document;
    const narrowed: Record<string, JsonValue> = {};
    for (const key of this.#shown) {
      const section = Object.hasOwn(document, key) ? document[key] : undefined;
      if (section !== undefined) narrowed[key] = section;
    }
    return narrowed;
  }

  /** Whether what it shows differs between two versions. */
  differs({ document }: Version, { document: previous }: Version): boolean {
    if (this.#shown === undefined) return document !== previous;
    return this.#watched.some((key) => document[key] !== previous[key]);
  }
}

function digest(sections: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(sections)).digest('hex').slice(0, 8);
}
