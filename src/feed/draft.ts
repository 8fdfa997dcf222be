import { type JsonObject, type JsonValue, setOwn } from '../core/json.ts';

/** An object being changed. It is copied once, at the first change, however many follow. */
export class Draft {
  readonly #original: JsonObject;
  #copy: Record<string, JsonValue> | undefined;

  constructor(original: JsonObject) {
    this.#original = original;
  }

  /** The object with all changes; the original itself where there are none. To be changed no more. */
  get result(): JsonObject {
    return this.#copy ?? this.#original;
  }

  get(key: string): JsonValue | undefined {
    const { result } = this;
    return Object.hasOwn(result, key) ? result[key] : undefined;
  }

  set(key: string, value: JsonValue): void {
    setOwn(this.#changed(), key, value);
  }

  delete(key: string): void {
    if (Object.hasOwn(this.result, key)) delete this.#changed()[key];
  }

  #changed(): Record<string, JsonValue> {
    this.#copy ??= { ...this.#original };
    return this.#copy;
  }
}
