import type { Principal } from '../../../access/principal.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { Command, CommandOutcome } from './outcome.ts';

/** The client that a command came from. */
export interface CommandSender {
  readonly connectionId: string;
  readonly principal: Principal;
  readonly transport: 'websocket' | 'http';
}

/** A command, and who gave it. */
export interface Order {
  readonly type: Command;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
  readonly sender: CommandSender;
}

/** An order that is carried out, until its sender is told what it came to. */
export interface Pending {
  readonly order: Order;
  readonly settle: (outcome: CommandOutcome) => void;
}

/** In characters; also of the reason that the engine is sent. */
export const maxReasonLength = 500;
const maxIdLength = 200;

/**
 * The one line that each command leaves behind, also a command that was refused before anything was sent. What
 * others chose is bounded, and of the sender's token there is the subject only.
 */
export function auditCommand(
  log: Log,
  { type, reason, requestId, sender }: Order,
  outcome: CommandOutcome,
  { durationMs, isRepetition = false }: { readonly durationMs: number; readonly isRepetition?: boolean },
): void {
  log.info(
    {
      audit: true,
      command: type,
      connection_id: sender.connectionId,
      transport: sender.transport,
      address: sender.principal.address,
      subject: sender.principal.subject?.slice(0, maxIdLength),
      request_id: requestId?.slice(0, maxIdLength),
      reason: reason?.slice(0, maxReasonLength),
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
  { type, requestId, sender }: Order,
  status: JsonValue | undefined,
): void {
  log.info(
    {
      audit: true,
      command: type,
      connection_id: sender.connectionId,
      subject: sender.principal.subject?.slice(0, maxIdLength),
      request_id: requestId?.slice(0, maxIdLength),
      outcome: 'CONTRADICTED',
      status,
    },
    'operator command contradicted',
  );
}
