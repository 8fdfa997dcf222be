import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Command } from './outcome.ts';

const words = {
  no: new Set(['ERROR', 'FAILED', 'FAILURE', 'REJECTED', 'DENIED']),
  yes: new Set(['OK', 'SUCCESS', 'ACCEPTED']),
  done: {
    HALT: new Set(['HALT', 'HALTED', 'HALTING', 'STOPPED', 'STOPPING', 'PAUSED', 'ALREADY_HALTED']),
    RESUME: new Set(['ACTIVE', 'RUNNING', 'STARTING', 'STARTED', 'RESUMED', 'RESUMING']),
  },
} as const;
/** What contradicts a command that was acknowledged: fewer words, since an engine may be slow, and busy with more. */
const contrary = { HALT: new Set(['ACTIVE', 'RUNNING']), RESUME: new Set(['HALT']) } as const;
const maxWords = 200;

export type Verdict = 'yes' | 'no' | 'unclear';

/**
 * What the JSON of a 2xx says of the command that it answers. A no wins, since engines report a kill switch that
 * failed with 200 as well; and only what is known for a yes is one.
 */
export function verdictOf(command: Command, answer: JsonValue): Verdict {
  if (!isJsonObject(answer)) return 'unclear';
  const { status, success, ok, halted } = answer;
  const flags = command === 'HALT' ? [success, ok, halted] : [success, ok];
  const word = wordOf(status);
  if (isGiven(answer.error) || isGiven(answer.errors) || flags.some(isFalse) || words.no.has(word))
    return 'no';
  if (typeof status === 'number') return isSuccess(status) ? 'yes' : 'unclear';
  if (words.yes.has(word) || words.done[command].has(word)) return 'yes';
  return flags.includes(true) ? 'yes' : 'unclear';
}

/** Whether an answer says that the engine has only begun. */
export function isBegun(answer: JsonValue): boolean {
  return isJsonObject(answer) && wordOf(answer.status) === 'ACCEPTED';
}

/** Whether the engine's `status` shows a command done. */
export function showsDone(command: Command, status: JsonValue | undefined): boolean {
  return words.done[command].has(wordOf(status));
}

/** Whether the engine's `status` says the contrary of a command that it said yes to. */
export function contradicts(command: Command, status: JsonValue | undefined): boolean {
  return contrary[command].has(wordOf(status));
}

/** The engine's words for people, cut to 200 characters, without characters that would move a terminal's cursor. */
export function engineWords(answer: JsonValue): string {
  const said = typeof answer === 'string' ? answer : isJsonObject(answer) ? saidIn(answer) : undefined;
  return (said ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, maxWords);
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

function wordOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.trim().toUpperCase() : '';
}

/** Neither null nor empty; `error: false` and `errors: 0` say that there is none. */
function isGiven(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (typeof value === 'string') return value.trim() !== '';
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** As engines write it that have no booleans, too. */
function isFalse(value: JsonValue | undefined): boolean {
  return value === false || value === 0 || wordOf(value) === 'FALSE';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
