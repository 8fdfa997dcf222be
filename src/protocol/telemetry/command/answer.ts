import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import { parseUntrusted } from '../../../core/untrusted-json.ts';
import { type CommandFailure, type CommandOutcome, type CommandType, refuseCommand } from './order.ts';

/** 409: another attempt with the same key is still being worked on. The others say "not now" in so many words. */
const tryAgainStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** Said by a proxy about an engine it got no answer from. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 503, 504]);
const noWords: ReadonlySet<string> = new Set(['ERROR', 'FAILED', 'FAILURE', 'REJECTED', 'DENIED']);
const yesWords: ReadonlySet<string> = new Set(['OK', 'SUCCESS', 'ACCEPTED']);
const doneWords: Readonly<Record<CommandType, ReadonlySet<string>>> = {
  HALT: new Set(['HALT', 'HALTED', 'HALTING', 'STOPPED', 'STOPPING', 'PAUSED', 'ALREADY_HALTED']),
  RESUME: new Set(['ACTIVE', 'RUNNING', 'STARTING', 'STARTED', 'RESUMED', 'RESUMING']),
};
/** What contradicts a command that was acknowledged: fewer words, since an engine may be slow, and busy with more. */
const contraryWords: Readonly<Record<CommandType, ReadonlySet<string>>> = {
  HALT: new Set(['ACTIVE', 'RUNNING']),
  RESUME: new Set(['HALT']),
};
const maxWordsLength = 200;
const mayHaveTakenEffect = 'the command may have taken effect';

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
export function readEngineAnswer(command: CommandType, status: number, body: string): CommandOutcome {
  const parsed = parseUntrusted(body, { nonFinite: 'null', exactIntegers: true });
  const said = parsed.ok ? parsed.value : undefined;
  if (isSuccess(status)) {
    if (body.trim() === '') return { ok: true, result: null, isBegun: status === 202 };
    if (said !== undefined) return readSuccess(command, status, said);
    return unreadableAnswer(command, status, `the engine's answer (HTTP ${status}) could not be read`);
  }
  const what = answered(status, said);
  if (status < 400)
    return {
      ...inDoubt('ENGINE_UNREACHABLE', `${what}; redirects are not followed`),
      retryable: false,
    };
  if (status < 500)
    return { ...refuseCommand('ENGINE_REFUSED', what), retryable: tryAgainStatuses.has(status) };
  return inDoubt(gatewayStatuses.has(status) ? 'ENGINE_UNREACHABLE' : 'ENGINE_REFUSED', what);
}

/** An answer whose body cannot be decoded. Only that of a success has anything to say besides the status. */
export function unreadableAnswer(command: CommandType, status: number, why: string): CommandOutcome {
  return isSuccess(status) ? inDoubt('ENGINE_REFUSED', why) : readEngineAnswer(command, status, '');
}

/** @param reason a few words, with a code such as ECONNREFUSED where there is one */
export function connectionFailure(reason: string, sent: boolean): CommandFailure {
  if (sent) return inDoubt('ENGINE_UNREACHABLE', `the connection to the engine ended: ${reason}`);
  const message = `the engine could not be reached: ${reason}; the command was not sent`;
  return { ...refuseCommand('ENGINE_UNREACHABLE', message), retryable: true };
}

export function noAnswerIn(ms: number): CommandFailure {
  return inDoubt('ENGINE_UNREACHABLE', `no answer from the engine in ${ms} ms`);
}

/** Says, unless the text does already, that the effect is unknown. */
export function withDoubt(why: string): string {
  return why.includes(mayHaveTakenEffect) ? why : `${why}; ${mayHaveTakenEffect}`;
}

/** Whether the engine's `status` shows a command done. */
export function showsDone(command: CommandType, status: JsonValue | undefined): boolean {
  return doneWords[command].has(wordOf(status));
}

/** Whether the engine's `status` says the contrary of a command that it said yes to. */
export function contradicts(command: CommandType, status: JsonValue | undefined): boolean {
  return contraryWords[command].has(wordOf(status));
}

/** The JSON of a 2xx. */
function readSuccess(command: CommandType, status: number, said: JsonValue): CommandOutcome {
  const what = answered(status, said);
  const word = isJsonObject(said) ? wordOf(said.status) : '';
  if (isJsonObject(said) && String(said.status).trim().toLowerCase() === 'offline')
    return { ...inDoubt('ENGINE_UNREACHABLE', what), result: said };
  switch (verdictOf(command, said)) {
    case 'yes':
      return { ok: true, result: said, isBegun: status === 202 || word === 'ACCEPTED' };
    case 'no':
      return refuseCommand('ENGINE_REFUSED', what);
    case 'unclear':
      // It would be answered in the same way again.
      return {
        ...inDoubt('ENGINE_REFUSED', `${what}, which says neither yes nor no`),
        result: said,
        retryable: false,
      };
  }
}

/**
 * What the JSON of a 2xx says of the command that it answers. A no wins, since engines report a kill switch that
 * failed with 200 as well; and only what is known for a yes is one.
 */
function verdictOf(command: CommandType, answer: JsonValue): 'yes' | 'no' | 'unclear' {
  if (!isJsonObject(answer)) return 'unclear';
  const { status, success, ok, halted } = answer;
  const flags = command === 'HALT' ? [success, ok, halted] : [success, ok];
  const word = wordOf(status);
  if (isGiven(answer.error) || isGiven(answer.errors) || flags.some(isFalse) || noWords.has(word))
    return 'no';
  if (typeof status === 'number') return isSuccess(status) ? 'yes' : 'unclear';
  return yesWords.has(word) || showsDone(command, status) || flags.includes(true) ? 'yes' : 'unclear';
}

/** What was answered, in the engine's words where there are any. */
function answered(status: number, said: JsonValue | undefined): string {
  const words = said === undefined ? '' : engineWords(said);
  return `the engine answered HTTP ${status}${words === '' ? '' : `: ${words}`}`;
}

/** The engine's words for people, cut to 200 characters, without characters that would move a terminal's cursor. */
function engineWords(answer: JsonValue): string {
  const said = typeof answer === 'string' ? answer : isJsonObject(answer) ? saidIn(answer) : undefined;
  return (said ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, maxWordsLength);
}

function saidIn({ error, errors, message, detail, reason, title, status }: JsonObject): string | undefined {
  const [first = null] = Array.isArray(errors) ? errors : [errors];
  const candidates = [error, first, message, detail, reason, title, status];
  for (const candidate of candidates) {
    const text = isJsonObject(candidate) ? (candidate.message ?? candidate.detail) : candidate;
    if (typeof text === 'string' && text.trim() !== '') return text;
  }
  return undefined;
}

function inDoubt(code: 'ENGINE_UNREACHABLE' | 'ENGINE_REFUSED', what: string): CommandFailure {
  return { ...refuseCommand(code, `${what}; ${mayHaveTakenEffect}`, 'unknown'), retryable: true };
}

function wordOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.trim().toUpperCase() : '';
}

/** Neither null nor empty; `error: false` and `errors: 0` say that there is none. */
function isGiven(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (typeof value === 'string') return value.trim() !== '';
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Also as engines without booleans write it. */
function isFalse(value: JsonValue | undefined): boolean {
  return value === false || value === 0 || wordOf(value) === 'FALSE';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
