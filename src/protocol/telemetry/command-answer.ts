import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';

/** How one attempt at a command ended. */
export type EngineAnswer = { readonly ok: true; readonly result: JsonValue } | EngineFailure;

export interface EngineFailure {
  readonly ok: false;
  readonly code: 'ENGINE_UNREACHABLE' | 'ENGINE_REFUSED';
  readonly message: string;
  /**
   * `unsent`: not a byte left the gateway. `none`: the engine, or what stands before it, said no. `unknown`: the
   * command may have had its effect, or may yet have it.
   */
  readonly effect: 'unsent' | 'none' | 'unknown';
  /** Whether the same request may succeed a moment later. For HALT only: RESUME is not repeated once sent. */
  readonly retryable: boolean;
}

/** 409: another attempt with the same key is still being worked on. The others say "not now" in so many words. */
const tryAgainStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** Said by a proxy about an engine it got no answer from. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 503, 504]);
export const mayHaveTakenEffect = 'the command may have taken effect';

/**
 * Says what an answer means. Only what is certainly a yes becomes an ACK, because an operator who reads "halted"
 * stops looking:
 *
 * | answer | code | effect |
 * |---|---|---|
 * | 2xx with JSON, or without a body | – | done |
 * | 2xx with anything else (a proxy's page), or the engine's "offline" | ENGINE_UNREACHABLE | unknown |
 * | 3xx, not followed, lest a command and its token go to another host | ENGINE_UNREACHABLE | unknown |
 * | 4xx | ENGINE_REFUSED | none |
 * | 502, 503, 504 | ENGINE_UNREACHABLE | unknown |
 * | other 5xx: it failed, perhaps half-way | ENGINE_REFUSED | unknown |
 */
export function readEngineAnswer(status: number, body: string): EngineAnswer {
  if (status >= 200 && status < 300) return readSuccess(status, body);
  if (status < 400) {
    const failure = inDoubt('ENGINE_UNREACHABLE', `HTTP ${status}: redirects are not followed`);
    return { ...failure, retryable: false };
  }
  if (status < 500) {
    const message = `the engine answered HTTP ${status}`;
    const retryable = tryAgainStatuses.has(status);
    return { ok: false, code: 'ENGINE_REFUSED', message, effect: 'none', retryable };
  }
  const code = gatewayStatuses.has(status) ? 'ENGINE_UNREACHABLE' : 'ENGINE_REFUSED';
  return inDoubt(code, `the engine answered HTTP ${status}`);
}

/** An answer over the bound, whatever its status. */
export function tooLargeAnswer(status: number, maxBytes: number): EngineFailure {
  return inDoubt('ENGINE_UNREACHABLE', `the engine's answer (HTTP ${status}) is over ${maxBytes} bytes`);
}

/** An answer whose body cannot be told from its bytes. Only that of a success has anything to say besides the status. */
export function unreadableAnswer(status: number, why: string): EngineAnswer {
  return status >= 200 && status < 300 ? inDoubt('ENGINE_UNREACHABLE', why) : readEngineAnswer(status, '');
}

/** @param reason a few words, with a code such as ECONNREFUSED where there is one */
export function connectionFailure(reason: string, sent: boolean): EngineFailure {
  if (sent) return inDoubt('ENGINE_UNREACHABLE', `the connection to the engine ended: ${reason}`);
  const message = `the engine could not be reached: ${reason}; the command was not sent`;
  return { ok: false, code: 'ENGINE_UNREACHABLE', message, effect: 'unsent', retryable: true };
}

export function noAnswerIn(ms: number): EngineFailure {
  return inDoubt('ENGINE_UNREACHABLE', `no answer from the engine in ${ms} ms`);
}

function readSuccess(status: number, body: string): EngineAnswer {
  if (body === '') return { ok: true, result: null };
  const parsed = parseUntrusted(body, { nonFinite: 'null', exactIntegers: true });
  if (!parsed.ok) {
    return inDoubt('ENGINE_UNREACHABLE', `the engine's answer (HTTP ${status}) could not be read`);
  }
  const { value } = parsed;
  if (isJsonObject(value) && value.error !== undefined && value.status === 'offline') {
    return inDoubt('ENGINE_UNREACHABLE', 'the engine says it is offline');
  }
  return { ok: true, result: value };
}

function inDoubt(code: EngineFailure['code'], what: string): EngineFailure {
  const message = `${what}; ${mayHaveTakenEffect}`;
  return { ok: false, code, message, effect: 'unknown', retryable: true };
}
