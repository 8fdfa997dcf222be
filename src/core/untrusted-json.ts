import { isJsonObject, type JsonValue } from './json.ts';
import { endOfString, hasMoreThan, mayBeRounded, quoteLongIntegers } from './json-text.ts';

/** Why a text was refused. Stable: these are label values of `bff_rejected_total`. */
export type RefusalReason = 'malformed' | 'too_deep' | 'too_many' | 'forbidden_key';

export type Parsed =
  | {
      readonly ok: true;
      readonly value: JsonValue;
      /** Paths (dotted) whose number was not finite. */
      readonly nonFinite: readonly string[];
    }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string };

export interface UntrustedJsonOptions {
  /** `null`: a non-finite number becomes null. `nullField`: the whole field of an object does that holds it. */
  readonly nonFinite: 'null' | 'nullField';
  /**
   * Integers beyond ±(2^53 − 1) are given as text with exactly their digits. Default: the nearest number, as JSON.parse
   * has it.
   */
  readonly exactIntegers?: boolean;
  /** Levels of nesting allowed. Default 64. */
  readonly maxDepth?: number;
  /** Members and items allowed, at all depths together. Default 20,000. */
  readonly maxMembers?: number;
}

/** Members and items that an event from outside may have. */
export const maxEventMembers = 5000;
const maxAnswerMembers = 20_000;
const maxLevels = 64;

/** Keys through which a document could reach an object's prototype in some consumer. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const nonFiniteWord = /NaN|Infinity/;
const bareNonFinite = /(?<![\w.+-])(?:-?Infinity|-?NaN)\b/g;
const spoilt = Symbol('spoilt');
/** The only way that a lone surrogate gets into a text decoded from UTF-8. */
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

/**
 * Parses text from outside: bounded depth, no prototype keys, only finite numbers. `NaN`, `Infinity` and
 * `-Infinity`, which several engines' JSON writers emit, are read as the non-finite numbers they stand for.
 * Never throws.
 */
export function parseUntrusted(text: string, options: UntrustedJsonOptions): Parsed {
  // A byte order mark may be ignored (RFC 8259 §8.1), and some engines write one.
  const json = text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text;
  const { maxMembers = maxAnswerMembers, maxDepth = maxLevels } = options;
  if (hasMoreThan(json, maxMembers, maxDepth)) {
    return { ok: false, reason: 'too_many', detail: `more than ${maxMembers} members and items` };
  }
  const raw = valueIn(json);
  // The parser's own message quotes the text, which may hold what no log should.
  if (raw === undefined) {
    return { ok: false, reason: 'malformed', detail: `not valid JSON (${text.length} characters)` };
  }
  const mendsText = escapedSurrogate.test(json);
  const { parsed, isRounded } = sanitise(raw, mendsText, options);
  // Hardly any text gets further.
  if (!isRounded || options.exactIntegers !== true) return parsed;
  return sanitise(valueIn(quoteLongIntegers(json)) ?? raw, mendsText, options).parsed;
}

/** Parses JSON in which words for non-finite numbers are allowed; undefined for other text. */
function valueIn(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    try {
      const rewritten = withNonFiniteLiterals(json);
      return rewritten === undefined ? undefined : (JSON.parse(rewritten) as JsonValue);
    } catch {
      return undefined;
    }
  }
}

/** Rewrites the bare words outside strings to `1e999`, which JSON.parse reads as Infinity; undefined where there are none. */
function withNonFiniteLiterals(text: string): string | undefined {
  if (!nonFiniteWord.test(text)) return undefined;
  let rewritten = '';
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('"', at);
    const start = found < 0 ? text.length : found;
    const end = Math.min(endOfString(text, start) + 1, text.length);
    rewritten += text.slice(at, start).replace(bareNonFinite, '1e999') + text.slice(start, end);
    at = end;
  }
  return rewritten;
}

class Refusal extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

interface Sanitised {
  readonly parsed: Parsed;
  /** Whether parsing may have rounded a number. */
  readonly isRounded: boolean;
}

/** @param mendsText whether lone surrogates may be in it, which UTF-8 cannot encode */
function sanitise(raw: JsonValue, mendsText: boolean, options: UntrustedJsonOptions): Sanitised {
  const nonFinite: string[] = [];
  let isRounded = false;
  const maxDepth = options.maxDepth ?? maxLevels;

  const visit = (value: JsonValue, path: string, depth: number): JsonValue | typeof spoilt => {
    if (mendsText && typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'number' && mayBeRounded(value)) {
      // Infinity too may be an integer, of more than 308 digits.
      isRounded = true;
      if (Number.isFinite(value)) return value;
      nonFinite.push(path);
      return options.nonFinite === 'null' ? null : spoilt;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= maxDepth)
      throw new Refusal('too_deep', `nested deeper than ${maxDepth} levels at ${where(path)}`);
    return isJsonObject(value) ? visitObject(value, path, depth) : visitArray(value, path, depth);
  };

  const visitObject = (
    value: Readonly<Record<string, JsonValue>>,
    path: string,
    depth: number,
  ): JsonValue => {
    // Copied only where something differs: nearly every input is fine as it is.
    let copy: Record<string, JsonValue> | undefined;
    for (const [key, item] of Object.entries(value)) {
      const itemPath = path === '' ? key : `${path}.${key}`;
      if (forbiddenKeys.has(key) || (mendsText && !key.isWellFormed()))
        throw new Refusal('forbidden_key', `key "${key.toWellFormed()}" is not allowed at ${where(path)}`);
      const kept = visit(item, itemPath, depth + 1);
      if (kept === item) continue;
      copy ??= { ...value };
      copy[key] = kept === spoilt ? null : kept;
    }
    return copy ?? value;
  };

  const visitArray = (
    value: readonly JsonValue[],
    path: string,
    depth: number,
  ): JsonValue | typeof spoilt => {
    const items: JsonValue[] = [];
    for (const [index, item] of value.entries()) {
      const kept = visit(item, `${path}[${index}]`, depth + 1);
      if (kept === spoilt) return spoilt;
      items.push(kept);
    }
    return items.every((item, index) => item === value[index]) ? value : items;
  };

  try {
    const value = visit(raw, '', 0);
    return { parsed: { ok: true, value: value === spoilt ? null : value, nonFinite }, isRounded };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { parsed: { ok: false, reason: error.reason, detail: error.message }, isRounded: false };
  }
}

function where(path: string): string {
  return path === '' ? 'the top level' : path.slice(0, 200);
}
