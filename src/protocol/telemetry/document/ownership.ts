import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import { PollFailure } from '../../../source/poll-failure.ts';
import { reservedKeys } from './shape.ts';

/** The three endpoints that every engine has. */
export const engineSources = [
  { name: 'state', path: '/api/system/state/current' },
  { name: 'agents', path: '/api/system/metrics/agents', into: 'agents' },
  { name: 'models', path: '/api/system/metrics/models', into: 'models' },
] as const satisfies readonly EngineSource[];

export interface EngineSource {
  readonly name: string;
  /** On the engine; starts with one slash. */
  readonly path: string;
  /** Top-level key that its answer is put in. Absent: its keys are top-level keys. */
  readonly into?: string | undefined;
}

/**
 * Which source owns which top-level key. A source with `into` owns that key; a further source without one owns the
 * undocumented keys of its last answer; `state` owns all others.
 */
export class Ownership {
  readonly #fixed = new Map<string, string>([['sources', 'gateway']]);
  readonly #claimed = new Map<string, string>();
  readonly #intoOf = new Map<string, string>();

  constructor(sources: readonly EngineSource[]) {
    for (const { name, into } of sources) {
      if (into === undefined) continue;
      this.#fixed.set(into, name);
      this.#intoOf.set(name, into);
    }
  }

  ownerOf(key: string): string {
    return this.#fixed.get(key) ?? this.#claimed.get(key) ?? 'state';
  }

  /** An answer as a partial document. Throws PollFailure for one that is no object. */
  partial(name: string, answer: JsonValue): JsonObject {
    const into = this.#intoOf.get(name);
    if (into !== undefined && (isJsonObject(answer) || Array.isArray(answer))) return { [into]: answer };
    if (isJsonObject(answer)) return answer;
    throw new PollFailure('shape', 'the answer is not an object');
  }

  /** The keys of a partial document that `name` owns; the same object where that is all of it. */
  ownPart(name: string, partial: JsonObject): JsonObject {
    const own = Object.entries(partial).filter(([key]) => this.ownerOf(key) === name);
    return own.length === Object.keys(partial).length ? partial : Object.fromEntries(own);
  }

  /** `document` with all keys that `name` owns replaced by those of `partial`. */
  replace(document: JsonObject, name: string, partial: JsonObject): JsonObject {
    if (name !== 'state' && !this.#intoOf.has(name)) this.#claim(name, partial);
    const replaced: Record<string, JsonValue> = {};
    // Keys keep their order, so that consecutive versions compress well.
    for (const [key, value] of Object.entries(document)) {
      if (this.ownerOf(key) !== name) replaced[key] = value;
      else if (Object.hasOwn(partial, key)) replaced[key] = partial[key] ?? null;
    }
    for (const [key, value] of Object.entries(partial)) {
      if (!Object.hasOwn(replaced, key) && this.ownerOf(key) === name) replaced[key] = value;
    }
    this.#release(name, partial);
    return replaced;
  }

  #claim(name: string, partial: JsonObject): void {
    for (const key of Object.keys(partial)) {
      if (!reservedKeys.has(key) && this.ownerOf(key) === 'state') this.#claimed.set(key, name);
    }
  }

  /** Gives up the keys that its last answer no longer has. */
  #release(name: string, partial: JsonObject): void {
    for (const [key, owner] of this.#claimed) {
      if (owner === name && !Object.hasOwn(partial, key)) this.#claimed.delete(key);
    }
  }
}
