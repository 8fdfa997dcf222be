import { type Policy, refusal } from '../../../access/policy.ts';
import type { Principal } from '../../../access/principal.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { AckPacket, ErrorPacket } from '../../../wire/packet.ts';
import type { PolledState } from '../document/polled-state.ts';
import type { CommandMessage } from '../schema.ts';
import { auditCommand, type Ordered } from './audit.ts';
import type { CommandExecutor } from './executor.ts';
import { CommandOnce } from './once.ts';
import {
  type Command,
  type CommandOutcome,
  type CommandRefusal,
  forbidCommand,
  refuseCommand,
} from './outcome.ts';

/** The client that a command came from. */
export interface CommandSender {
  readonly connectionId: string;
  readonly principal: Principal;
  readonly transport: 'websocket' | 'http';
}

/** What a command that was not carried out is answered with. */
export type CommandError = ErrorPacket & Required<Pick<CommandRefusal, 'code' | 'effect'>>;

/** Carries out HALT and RESUME for those who may, and words the answer. Never rejects. */
export type RunCommand = (
  message: CommandMessage,
  sender: CommandSender,
) => Promise<AckPacket | CommandError>;

export interface Commands {
  readonly run: RunCommand;
  /** Refuses what comes later. Resolves when each sender has been answered: see the executor for how long it takes. */
  close(withinMs: number): Promise<void>;
}

export interface CommandsOptions {
  readonly polls: PolledState;
  /** What it takes to command. */
  readonly commanding: Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

const overtaken =
  'it was carried out before, and a HALT after it; to resume again, give it another requestId';

export function createCommands(
  executor: CommandExecutor,
  { polls, commanding, clock, log, meter }: CommandsOptions,
): Commands {
  const underWay = new Set<Promise<unknown>>();
  const once = new CommandOnce(clock, polls);

  const refuse = (ordered: Ordered & { command: Command }, outcome: CommandRefusal): CommandOutcome => {
    meter.count('bff_rejected_total', { edge: 'command', reason: outcome.code.toLowerCase() });
    auditCommand(log, { ...ordered, outcome, durationMs: 0 });
    return outcome;
  };

  const execute = async (command: Command, { order, caller }: Ordered): Promise<CommandOutcome> => {
    const { requestId } = order;
    const repetition = requestId === undefined ? undefined : once.repetition(command, caller, requestId);
    if (repetition === 'overtaken') {
      return refuse({ command, order, caller }, refuseCommand('SUPERSEDED', overtaken));
    }
    if (repetition !== undefined) {
      const startedAt = clock.monotonic();
      const outcome = await repetition;
      const durationMs = clock.monotonic() - startedAt;
      auditCommand(log, { command, order, caller, outcome, durationMs, isRepetition: true });
      return outcome;
    }
    const outcome = executor.run(command, order, caller);
    once.note(command, caller, requestId, outcome);
    return await outcome;
  };

  const carryOut: RunCommand = async ({ type: command, reason, requestId }, sender) => {
    const { connectionId, principal, transport } = sender;
    const { role = 'viewer', subject, address } = principal;
    const forbidden = refusal(principal, commanding);
    const order = {
      ...(reason === undefined ? {} : { reason }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    const caller = { connectionId, transport, address, role, subject };
    const outcome =
      forbidden === undefined
        ? await execute(command, { order, caller })
        : refuse({ command, order, caller }, forbidCommand(forbidden));
    const asked = { command, ...(requestId === undefined ? {} : { requestId }) };
    return outcome.ok
      ? { type: 'ACK', ...asked, result: outcome.result }
      : { type: 'ERROR', ...asked, code: outcome.code, message: outcome.message, effect: outcome.effect };
  };
  return {
    run(message, sender) {
      const answer = carryOut(message, sender);
      const end = (): void => void underWay.delete(answer);
      underWay.add(answer);
      answer.then(end, end);
      return answer;
    },
    async close(withinMs) {
      await executor.close(withinMs);
      // The executor has told them all; what is left is the way to who sent them.
      await Promise.allSettled(underWay);
    },
  };
}
