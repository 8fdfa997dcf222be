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
export interface Projection {
  readonly feed: StateFeed;
  readonly position: Position;
  /** What it shows of a version: for one version, and for two with nothing changed between, equal values. */
  of(version: Version): JsonObject;
  /**
   * Keys whose change alone is no change: at one position, readers may have been shown different values of them,
   * so that whatever is told of a change must state them.
   */
  readonly unremarkable: readonly string[];
  /** Whether what it shows differs between two versions. */
  differs(version: Version, previous: Version): boolean;
}

export interface ProjectionOptions {
  /** Sorted keys of the sections shown. Undefined: all. */
  readonly sections: readonly string[] | undefined;
  /** Shown whatever the sections are. */
  readonly always: readonly string[];
  /** Of these, the ones whose change alone is no change of a narrowed projection. */
  readonly unremarkable: ReadonlySet<string>;
}

export function createProjection(feed: StateFeed, options: ProjectionOptions): Projection {
  const { sections, always, unremarkable } = options;
  if (sections === undefined) {
    return {
      feed,
      get position() {
        return feed.position;
      },
      of: ({ document }) => document,
      unremarkable: [],
      differs: (version, previous) => version.document !== previous.document,
    };
  }
  const shown = [...new Set([...always, ...sections])];
  const watched = shown.filter((key) => !unremarkable.has(key));
  const epoch = `${feed.epoch}.${digest(sections)}`;
  return {
    feed,
    unremarkable: shown.filter((key) => unremarkable.has(key)),
    get position() {
      return { epoch, seq: Math.max(1, ...watched.map((key) => feed.changedAt(key))) };
    },
    of({ document }) {
      const narrowed: Record<string, JsonValue> = {};
      for (const key of shown) {
        const section = Object.hasOwn(document, key) ? document[key] : undefined;
        if (section !== undefined) narrowed[key] = section;
      }
      return narrowed;
    },
    differs: (version, previous) => watched.some((key) => version.document[key] !== previous.document[key]),
  };
}

function digest(sections: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(sections)).digest('hex').slice(0, 8);
}
