import { isJsonObject, type JsonValue } from '../../../core/json.ts';
import { parseUntrusted } from '../../../core/untrusted-json.ts';
import { type Command, type CommandOutcome, refuseCommand } from './outcome.ts';
import { engineWords, isBegun, verdictOf } from './words.ts';

/** How one attempt at a command ended. */
export type EngineAnswer = EngineSuccess | EngineFailure;

export interface EngineSuccess {
  readonly ok: true;
  /** What the engine answered. */
  readonly result: JsonValue;
  /** It only said that it has begun: 202, or `ACCEPTED`. */
  readonly isBegun: boolean;
}

export interface EngineFailure {
  readonly ok: false;
  readonly code: 'ENGINE_UNREACHABLE' | 'ENGINE_REFUSED';
  readonly message: string;
  /**
   * `unsent`: not a byte left the gateway. `none`: the engine, or what stands before it, said no. `unknown`: the
   * command may have had its effect, or may yet have it: the engine's state may tell.
   */
  readonly effect: 'unsent' | 'none' | 'unknown';
  /** Whether the same request may succeed a moment later. For HALT only: RESUME is not repeated once sent. */
  readonly retryable: boolean;
  /** What the engine answered, where that could be read. */
  readonly result?: JsonValue;
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
 * | 2xx without a body, or with JSON that says yes | – | done |
 * | 2xx with JSON that says no | ENGINE_REFUSED | none |
 * | 2xx with the engine's "offline" | ENGINE_UNREACHABLE | unknown |
 * | 2xx with anything else, such as a proxy's page | ENGINE_REFUSED | unknown |
 * | 3xx, not followed, lest a command and its token go to another host | ENGINE_UNREACHABLE | unknown |
 * | 4xx | ENGINE_REFUSED | none |
 * | 502, 503, 504 | ENGINE_UNREACHABLE | unknown |
 * | other 5xx: it failed, perhaps half-way | ENGINE_REFUSED | unknown |
 */
export function readEngineAnswer(command: Command, status: number, body: string): EngineAnswer {
  const parsed = parseUntrusted(body, { nonFinite: 'null', exactIntegers: true });
  const said = parsed.ok ? parsed.value : undefined;
  if (status >= 200 && status < 300) {
    if (body.trim() === '') return { ok: true, result: null, isBegun: status === 202 };
    if (said === undefined)
      return unreadableAnswer(command, status, `the engine's answer (HTTP ${status}) could not be read`);
    return readSuccess(command, status, said);
  }
  const what = answered(status, said);
  if (status < 400) {
    const failure = inDoubt('ENGINE_UNREACHABLE', `${what}; redirects are not followed`);
    return { ...failure, retryable: false };
  }
  if (status < 500) {
    const retryable = tryAgainStatuses.has(status);
    return { ok: false, code: 'ENGINE_REFUSED', message: what, effect: 'none', retryable };
  }
  return inDoubt(gatewayStatuses.has(status) ? 'ENGINE_UNREACHABLE' : 'ENGINE_REFUSED', what);
}

/** An answer over the bound, whatever its status. */
export function tooLargeAnswer(command: Command, status: number, maxBytes: number): EngineAnswer {
  return unreadableAnswer(command, status, `the engine's answer (HTTP ${status}) is over ${maxBytes} bytes`);
}

/**
 * An answer whose body cannot be told from its bytes. Only that of a success has anything to say besides the status.
 */
export function unreadableAnswer(command: Command, status: number, why: string): EngineAnswer {
  if (status < 200 || status >= 300) return readEngineAnswer(command, status, '');
  return inDoubt('ENGINE_REFUSED', why);
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

/** What the sender of a command is told of it. */
export function commandOutcome(answer: EngineAnswer): CommandOutcome {
  if (answer.ok) return { ok: true, result: answer.result };
  return refuseCommand(answer.code, answer.message, answer.effect === 'unknown' ? 'unknown' : 'none');
}

function readSuccess(command: Command, status: number, said: JsonValue): EngineAnswer {
  const what = answered(status, said);
  if (isOffline(said)) return { ...inDoubt('ENGINE_UNREACHABLE', what), result: said };
  switch (verdictOf(command, said)) {
    case 'yes':
      return { ok: true, result: said, isBegun: status === 202 || isBegun(said) };
    case 'no':
      return { ok: false, code: 'ENGINE_REFUSED', message: what, effect: 'none', retryable: false };
    case 'unclear':
      // It would be answered in the same way again.
      return {
        ...inDoubt('ENGINE_REFUSED', `${what}, which says neither yes nor no`),
        result: said,
        retryable: false,
      };
  }
}

function isOffline(said: JsonValue): boolean {
  return isJsonObject(said) && String(said.status).trim().toLowerCase() === 'offline';
}

/** What was answered, in the engine's words where there are any. */
function answered(status: number, said: JsonValue | undefined): string {
  const words = said === undefined ? '' : engineWords(said);
  return `the engine answered HTTP ${status}${words === '' ? '' : `: ${words}`}`;
}

function inDoubt(code: EngineFailure['code'], what: string): EngineFailure {
  const message = `${what}; ${mayHaveTakenEffect}`;
  return { ok: false, code, message, effect: 'unknown', retryable: true };
}
