import type { Principal } from '../../../access/principal.ts';
import type { Refusal } from '../../../core/errors.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { AckPacket, CommandEffect, ErrorPacket } from '../../../wire/packet.ts';

/** What an operator may tell the engine. */
export type CommandType = 'HALT' | 'RESUME';

/** A command as it was given. */
export interface CommandOrder {
  readonly type: CommandType;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
  readonly sender: CommandSender;
}

/** The client that a command came from. */
export interface CommandSender {
  readonly connectionId: string;
  readonly principal: Principal;
  readonly transport: 'websocket' | 'http';
}

/** An order that is being carried out. */
export interface Pending {
  readonly order: CommandOrder;
  /** Tells its sender what it came to. */
  readonly settle: (outcome: CommandOutcome) => void;
}

/** In characters: of what is sent to the engine, and of what the audit log holds. */
export const maxReasonLength = 500;
export const maxIdLength = 200;

/**
 * What a command can be refused with, and the sentence that goes with it. `FORBIDDEN`, `COMMANDS_DISABLED` and
 * `ORIGIN_REFUSED` are decided by the rules of access; they stand here so that there is one table of codes.
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

/** How a command ended, or one attempt at it: the same type from the engine's answer to that of the client. */
export type CommandOutcome = CommandSuccess | CommandFailure;

export interface CommandSuccess {
  readonly ok: true;
  /** What the engine answered. */
  readonly result: JsonValue;
  /** The engine only said that it has begun: 202, or `ACCEPTED`. */
  readonly isBegun: boolean;
}

export interface CommandFailure {
  readonly ok: false;
  readonly code: CommandCode;
  /** For people: no URL, and of the engine's own words 200 characters at most. */
  readonly message: string;
  readonly effect: CommandEffect;
  /** Whether the same request may succeed a moment later. For HALT only: a RESUME is never sent twice. */
  readonly retryable: boolean;
  /** What the engine answered, where it said neither yes nor no. */
  readonly result?: JsonValue | undefined;
}

/** @param detail takes the place of the table's sentence */
export function refuseCommand(
  code: CommandCode,
  detail?: string,
  effect: CommandEffect = 'none',
): CommandFailure {
  return { ok: false, code, message: detail ?? commandCodeTable[code], effect, retryable: false };
}

/** The failure of a command that the rules of access refuse, by the codes of this table. */
export function forbidCommand({ code }: Refusal): CommandFailure {
  return refuseCommand(isCommandCode(code) ? code : 'FORBIDDEN');
}

/** The answer to who gave the command. */
export function answerPacket(
  { type: command, requestId }: Pick<CommandOrder, 'type' | 'requestId'>,
  outcome: CommandOutcome,
): AckPacket | ErrorPacket {
  const asked = { command, ...(requestId === undefined ? {} : { requestId }) };
  if (outcome.ok) return { type: 'ACK', ...asked, result: outcome.result };
  const { code, message, effect } = outcome;
  return { type: 'ERROR', ...asked, code, message, effect };
}

function isCommandCode(code: string): code is CommandCode {
  return Object.hasOwn(commandCodeTable, code);
}
