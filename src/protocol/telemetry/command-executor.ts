import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { settledWithin } from '../../core/settled-within.ts';
import { auditCommand, type CommandCaller, type CommandOrder, maxReasonLength } from './command-audit.ts';
import { type CommandRequest, createEngineCommands, type EngineCommandsOptions } from './command-exchange.ts';
import { type HaltRun, startHalt } from './command-halt.ts';
import { createHaltHold } from './command-hold.ts';
import { type Command, type CommandOutcome, commandOutcome, refuseCommand } from './command-outcome.ts';
import { createResumeLine } from './command-resume-line.ts';

export interface CommandExecutorOptions extends EngineCommandsOptions {
  /** Whether the source `state` is fresh now. */
  readonly isStateFresh: () => boolean;
  /** Called after the engine said yes: polls the state at once. */
  readonly onAcked: () => void;
  /** Called as a HALT comes; what it returns is called when its outcome is told. Default: nothing. */
  readonly onUrgent?: () => () => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter;
  /** A fresh unguessable `Idempotency-Key`. */
  readonly newKey: () => string;
}

/** Runs operators' commands. Who may give them, and at what rate, is for the caller to decide. */
export interface CommandExecutor {
  /**
   * Never rejects. A HALT has its outcome after 2 s at the latest, and after 4 s where it joined another that failed;
   * a RESUME after 12 s: 5 s for its turn, 2 s for a connection, 5 s for the answer.
   */
  run(command: Command, order: CommandOrder, caller: CommandCaller): Promise<CommandOutcome>;
  /**
   * Refuses what comes later, ends the RESUMEs, and brings the HALTs under way to their outcome, which takes no longer
   * than `withinMs`. Each caller is told.
   */
  close(withinMs: number): Promise<void>;
}

type Settle = (outcome: CommandOutcome) => void;

interface HaltCaller {
  readonly reason: string | undefined;
  readonly settle: Settle;
}

/**
 * Commands are serialised, but not alike. RESUMEs wait for each other and for every HALT; a HALT waits for nothing,
 * cancels the RESUMEs before it, and where one is under way joins it. See `HaltHold` for the RESUME that was
 * already out.
 */
export function createCommandExecutor(options: CommandExecutorOptions): CommandExecutor {
  const { isStateFresh, clock, log, meter, newKey } = options;
  const engine = createEngineCommands(options);
  /** Those who joined the HALT under way. Undefined: none is. */
  let joined: HaltCaller[] | undefined;
  /** Resolves when no HALT is under way, of those who joined neither. */
  let halted = Promise.resolve();
  /** HALTs under way, those among them whose outcome was told and that may still be answered. */
  let haltRuns: HaltRun[] = [];
  let closed = false;
  /** The time for what was under way at the close is over. */
  let ended = false;

  const acked = (): void => {
    try {
      options.onAcked();
    } catch (error) {
      log.error({ error: errorMessage(error) }, 'polling after a command failed');
    }
  };

  const newRequest = (reason: string | undefined): CommandRequest => ({
    key: newKey(),
    ...(reason === undefined ? {} : { reason: reason.slice(0, maxReasonLength) }),
  });

  const noteRun = (run: HaltRun): HaltRun => {
    haltRuns = [...haltRuns.filter((earlier) => !earlier.over()), run];
    return run;
  };

  const onLateSuccess = (): void => {
    log.info({ audit: true, command: 'HALT', outcome: 'ACK' }, 'HALT confirmed late');
    acked();
  };

  const hold = createHaltHold({
    clock,
    log,
    halt: (reason) => noteRun(startHalt({ engine, clock, request: newRequest(reason) })),
    inDoubt: () => resumes.inDoubt(),
    isPaused: () => resumes.isSending(),
    onConfirmed: acked,
    onIdle: () => resumes.next(),
  });

  const resumes = createResumeLine({
    engine,
    clock,
    isStateFresh,
    isBlocked: () => closed || joined !== undefined || hold.isSending(),
    onSent() {
      // The operators' newer will: no older HALT may come after it.
      hold.release();
      for (const run of haltRuns) run.abandon();
      haltRuns = [];
    },
    onAcked: acked,
    onCancelledEnd: () => hold.repeatNow(),
  });

  /** Brings a HALT to its outcome, and with it those that come meanwhile. */
  const bringAbout = async (first: HaltCaller): Promise<void> => {
    for (let callers = [first]; callers.length > 0; ) {
      const joining: HaltCaller[] = [];
      joined = joining;
      const run = startHalt({ engine, clock, request: newRequest(callers[0]?.reason), onLateSuccess });
      noteRun(run);
      const answer = await run.outcome;
      // The time of the first is up, and not of those who came later.
      const isTriedOn = !answer.ok && answer.retryable && !ended;
      const told = isTriedOn ? callers : [...callers, ...joining];
      callers = isTriedOn ? joining : [];
      for (const { settle } of told) settle(commandOutcome(answer));
      if (answer.ok) acked();
    }
    joined = undefined;
    resumes.next();
  };

  const halt = ({ reason, settle }: HaltCaller): void => {
    const goOn = options.onUrgent?.();
    const caller: HaltCaller = {
      reason,
      settle(outcome) {
        settle(outcome);
        goOn?.();
      },
    };
    if (joined === undefined) halted = bringAbout(caller);
    else joined.push(caller);
    resumes.cancel();
    if (resumes.inDoubt()) hold.begin(reason);
  };

  return {
    run(command, order, caller) {
      const startedAt = clock.monotonic();
      return new Promise((resolve) => {
        const settle: Settle = (outcome) => {
          if (!outcome.ok) {
            meter?.count('bff_rejected_total', { edge: 'command', reason: outcome.code.toLowerCase() });
          }
          auditCommand(log, { command, order, caller, outcome, durationMs: clock.monotonic() - startedAt });
          resolve(outcome);
        };
        if (closed) settle(refuseCommand('ENGINE_UNREACHABLE', 'the gateway is closing; nothing was sent'));
        else if (command === 'HALT') halt({ reason: order.reason, settle });
        else resumes.add(newRequest(order.reason), settle);
      });
    },
    async close(withinMs) {
      closed = true;
      resumes.close();
      const brought = Promise.all([halted, hold.close()]);
      if (withinMs > 0) await settledWithin(withinMs, brought, clock);
      ended = true;
      for (const run of haltRuns) run.abandon();
      // Their callers are told in a turn of their own.
      await halted;
      await engine.close();
    },
  };
}
