import type { JsonValue } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { Command, CommandOutcome } from './outcome.ts';

/** Who gave a command. */
export interface CommandCaller {
  readonly connectionId: string;
  readonly transport: 'websocket' | 'http';
  readonly address: string;
  /** What its token says it is; without one, `viewer`. */
  readonly role: string;
  /** `sub` of the caller's token, where there was one. */
  readonly subject?: string | undefined;
}

export interface CommandOrder {
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
}

/** What was ordered, and by whom. */
export interface Ordered {
  readonly order: CommandOrder;
  readonly caller: CommandCaller;
}

export interface CommandRecord extends Ordered {
  readonly command: Command;
  readonly outcome: CommandOutcome;
  readonly durationMs: number;
  /** It had been given by another way before, and was not carried out again. */
  readonly isRepetition?: boolean;
}

/** In characters; also of the reason that the engine is sent. */
export const maxReasonLength = 500;
const maxIdLength = 200;

/**
 * The one line that each command leaves behind, also a command that was refused before it reached the executor.
 * What others chose is bounded, and of the caller there is the subject only, never a token.
 */
export function auditCommand(
  log: Log,
  { command, order, caller, outcome, durationMs, isRepetition = false }: CommandRecord,
): void {
  log.info(
    {
      audit: true,
      command,
      connection_id: caller.connectionId,
      transport: caller.transport,
      address: caller.address,
      ...bounded('subject', caller.subject, maxIdLength),
      ...bounded('request_id', order.requestId, maxIdLength),
      ...bounded('reason', order.reason, maxReasonLength),
      outcome: outcome.ok ? 'ACK' : outcome.code,
      ...(outcome.ok ? {} : { detail: outcome.message, effect: outcome.effect }),
      duration_ms: Math.round(durationMs),
      ...(isRepetition ? { repetition: true } : {}),
    },
    'operator command',
  );
}

/** The line that follows where the engine's state says the contrary of a command that it said yes to. */
export function auditContradiction(
  log: Log,
  { command, order, caller }: Pick<CommandRecord, 'command' | keyof Ordered>,
  status: JsonValue | undefined,
): void {
  log.info(
    {
      audit: true,
      command,
      connection_id: caller.connectionId,
      ...bounded('subject', caller.subject, maxIdLength),
      ...bounded('request_id', order.requestId, maxIdLength),
      outcome: 'CONTRADICTED',
      status,
    },
    'operator command contradicted',
  );
}

function bounded(
  name: string,
  text: string | undefined,
  maxLength: number,
): Readonly<Record<string, string>> {
  return text === undefined ? {} : { [name]: text.slice(0, maxLength) };
}
