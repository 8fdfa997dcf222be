import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { Path } from '../../../wire/merge-patch.ts';

export interface LivePathsOptions {
  /** Whether a null at this path is a value, not a removal. */
  readonly keepsNull: (path: Path) => boolean;
  /** The documented fields of a section; empty where it has none. */
  readonly fieldsOf: (section: string) => readonly string[];
}

/** Paths remembered; the ones set longest ago go first. */
const maxPaths = 256;
/** Paths told of one source. */
const maxTold = 32;

/**
 * What events have set of late, so that a price which moves by events does not stand under "last known values" while
 * polls fail.
 */
export class LivePaths {
  readonly #options: LivePathsOptions;
  /** When each path was last set, monotonic ms; the one set longest ago is first. */
  readonly #setAt = new Map<string, { readonly path: Path; readonly at: number }>();

  constructor(options: LivePathsOptions) {
    this.#options = options;
  }

  /** Takes the merge patch (RFC 7396) of an event that was applied. */
  note(patch: JsonObject, now: number): void {
    let left = maxPaths;
    const visit = (change: JsonObject, before: Path): void => {
      for (const [key, value] of Object.entries(change)) {
        if (left === 0) return;
        const path = [...before, key];
        if (isJsonObject(value)) visit(value, path);
        else if (value !== null || this.#options.keepsNull(path)) {
          left -= 1;
          const text = path.join('.');
          this.#setAt.delete(text);
          this.#setAt.set(text, { path, at: now });
        }
      }
    };
    visit(patch, []);
    for (const text of this.#setAt.keys()) {
      if (this.#setAt.size <= maxPaths) return;
      this.#setAt.delete(text);
    }
  }

  /** When the first of those set since then was set, monotonic ms; undefined where none was. Forgets the older. */
  oldestSince(since: number): number | undefined {
    for (const [text, { at }] of this.#setAt) {
      if (at >= since) return at;
      this.#setAt.delete(text);
    }
    return undefined;
  }

  /**
   * The paths, those of documented sections first: a section's name where all its documented fields were set.
   * @param owns whether a top-level key is asked for
   */
  told(owns: (key: string) => boolean): readonly string[] {
    const paths = new Set<string>();
    for (const [text, { path }] of this.#setAt) if (owns(path[0] ?? '')) paths.add(text);
    const sections = new Set([...this.#setAt.values()].map(({ path }) => path[0] ?? ''));
    const documented: string[] = [];
    for (const section of sections) {
      const fields = this.#options.fieldsOf(section).map((field) => `${section}.${field}`);
      const set = fields.filter((field) => paths.has(field));
      for (const field of set) paths.delete(field);
      if (set.length > 0 && set.length === fields.length) documented.push(section);
      else documented.push(...set);
    }
    return [...documented.sort(), ...[...paths].sort()].slice(0, maxTold);
  }
}
