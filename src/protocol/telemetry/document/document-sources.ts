import type { Cancel, Clock } from '../../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { SourceState } from '../../../source/source.ts';
import type { Path } from '../../../wire/merge-patch.ts';
import type { Ownership } from './ownership.ts';
import { fieldsOf, isDocumentedScalar } from './shape.ts';
import type { Remarks, StateRemarks } from './state-remarks.ts';

type SourceStates = Readonly<Record<string, SourceState & Remarks>>;

/** Paths kept; the oldest are dropped first. */
const maxPaths = 256;
/** Paths listed for one source. */
const maxTold = 32;

interface DocumentSourcesParts {
  readonly ownership: Ownership;
  readonly remarks: StateRemarks;
  readonly periodMs: () => number;
  readonly clock: Clock;
}

/** What a document says of its sources: their states, and what events keep current of those that are not fresh. */
export class DocumentSources {
  readonly #parts: DocumentSourcesParts;
  readonly #onExpiry: () => void;
  readonly #live = new LivePaths();
  #cancelExpiry: Cancel | undefined;

  /** @param onExpiry called when `live` has changed by the passing of time alone */
  constructor(parts: DocumentSourcesParts, onExpiry: () => void) {
    this.#parts = parts;
    this.#onExpiry = onExpiry;
  }

  /** Takes the merge patch (RFC 7396) of an event that was applied. */
  noteEvent(patch: JsonObject, receivedAt: number): void {
    this.#live.note(patch, receivedAt);
  }

  /** The given states, completed by the remarks on `state` and by `live`. */
  of(states: SourceStates): SourceStates {
    const { state } = states;
    const { current } = this.#parts.remarks;
    return this.#withLive(state === undefined ? states : { ...states, state: { ...state, ...current } });
  }

  #withLive(states: SourceStates): SourceStates {
    if (Object.values(states).every(({ status }) => status === 'fresh')) return states;
    const { clock, ownership, periodMs } = this.#parts;
    const now = clock.monotonic();
    const windowMs = 2 * periodMs();
    const oldest = this.#live.oldestSince(now - windowMs);
    if (oldest === undefined) return states;
    this.#expireAfter(oldest + windowMs - now);
    const told = Object.entries(states).map(([name, state]): [string, SourceState] => {
      if (state.status === 'fresh') return [name, state];
      const live = this.#live.told((key) => ownership.ownerOf(key) === name);
      return [name, live.length === 0 ? state : { ...state, live }];
    });
    return Object.fromEntries(told);
  }

  stop(): void {
    this.#cancelExpiry?.();
  }

  /** One ms later, since a path that is exactly so old still counts. */
  #expireAfter(ms: number): void {
    if (this.#cancelExpiry !== undefined) return;
    this.#cancelExpiry = this.#parts.clock.after(ms + 1, () => {
      this.#cancelExpiry = undefined;
      this.#onExpiry();
    });
  }
}

/**
 * The paths that events have set recently: while polls fail, a price that moves by events is not a last known value.
 */
export class LivePaths {
  /** When each path was last set, monotonic ms; the one set longest ago is first. */
  readonly #setAt = new Map<string, { readonly path: Path; readonly at: number }>();

  /** Takes the merge patch (RFC 7396) of an event that was applied. */
  note(patch: JsonObject, now: number): void {
    let left = maxPaths;
    const visit = (change: JsonObject, before: Path): void => {
      for (const [key, value] of Object.entries(change)) {
        if (left === 0) return;
        const path = [...before, key];
        if (isJsonObject(value)) visit(value, path);
        else if (value !== null || isDocumentedScalar(path)) {
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

  /** When the oldest path that was set since then was set, monotonic ms; undefined: none was. Drops older ones. */
  oldestSince(since: number): number | undefined {
    for (const [text, { at }] of this.#setAt) {
      if (at >= since) return at;
      this.#setAt.delete(text);
    }
    return undefined;
  }

  /**
   * The paths, those of documented sections first: a section's name where all its documented fields were set.
   * @param owns selects top-level keys
   */
  told(owns: (key: string) => boolean): readonly string[] {
    const paths = new Set<string>();
    for (const [text, { path }] of this.#setAt) if (owns(path[0] ?? '')) paths.add(text);
    const sections = new Set([...this.#setAt.values()].map(({ path }) => path[0] ?? ''));
    const documented: string[] = [];
    for (const section of sections) {
      const fields = fieldsOf(section).map((field) => `${section}.${field}`);
      const set = fields.filter((field) => paths.has(field));
      for (const field of set) paths.delete(field);
      if (set.length > 0 && set.length === fields.length) documented.push(section);
      else documented.push(...set);
    }
    return [...documented.sort(), ...[...paths].sort()].slice(0, maxTold);
  }
}
