import type { Refusal } from '../../../core/errors.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { CommandEffect } from '../../../wire/packet.ts';

/** What an operator may tell the engine. */
export type Command = 'HALT' | 'RESUME';

/**
 * What a command can be refused with, and the sentence that goes with it. `FORBIDDEN`, `COMMANDS_DISABLED` and
 * `ORIGIN_REFUSED` are decided before a command reaches the executor; they stand here so that there is one table of
 * codes.
 */
export const commandCodeTable = {
  ENGINE_UNREACHABLE: 'The engine could not be reached or gave no usable answer',
  ENGINE_REFUSED: 'The engine answered with an error',
  STALE: 'RESUME needs a fresh state, and the state is not fresh: look at the sources',
  SUPERSEDED: 'A HALT cancelled this RESUME',
  FORBIDDEN: 'Commands need the role operator',
  COMMANDS_DISABLED: 'Commands are off: configure auth, or set ALLOW_COMMANDS=true',
  ORIGIN_REFUSED: 'Without auth this page may not command: see ALLOWED_ORIGINS, where * lists none',
  LIMIT: 'Too many RESUMEs are waiting for their turn',
} as const satisfies Record<string, string>;
export type CommandCode = keyof typeof commandCodeTable;

export interface CommandRefusal {
  readonly ok: false;
  readonly code: CommandCode;
  /** For people: no URL, and of the engine's own words 200 characters at most. */
  readonly message: string;
  readonly effect: CommandEffect;
}

/** What a caller is told; an `ACK` carries `result`, which is the engine's answer. */
export type CommandOutcome = { readonly ok: true; readonly result: JsonValue } | CommandRefusal;

/** @param detail takes the place of the table's sentence */
export function refuseCommand(
  code: CommandCode,
  detail?: string,
  effect: CommandEffect = 'none',
): CommandRefusal {
  return { ok: false, code, message: detail ?? commandCodeTable[code], effect };
}

/** What the rules of access have against a command, in the words of this table. */
export function forbidCommand({ code }: Refusal): CommandRefusal {
  return refuseCommand(isCommandCode(code) ? code : 'FORBIDDEN');
}

function isCommandCode(code: string): code is CommandCode {
  return Object.hasOwn(commandCodeTable, code);
}
