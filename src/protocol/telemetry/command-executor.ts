import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
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
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter;
  /** A fresh unguessable `Idempotency-Key`. */
  readonly newKey: () => string;
}

/** Runs operators' commands. Who may give them, and at what rate, is for the caller to decide. */
export interface CommandExecutor {
  /**
   * Never rejects. A HALT has its outcome after 2 s at the latest; a RESUME after 12 s: 5 s for its turn, 2 s for a
   * connection, 5 s for the answer.
   */
  run(command: Command, order: CommandOrder, caller: CommandCaller): Promise<CommandOutcome>;
  /** Ends everything under way, each caller told, and refuses what comes later. */
  close(): Promise<void>;
}

type Settle = (outcome: CommandOutcome) => void;

/**
 * Commands are serialised, but not alike. RESUMEs wait for each other and for every HALT; a HALT waits for nothing,
 * cancels the RESUMEs before it, and where one is under way joins it. See `HaltHold` for the RESUME that was
 * already out.
 */
export function createCommandExecutor(options: CommandExecutorOptions): CommandExecutor {
  const { isStateFresh, clock, log, meter, newKey } = options;
  const engine = createEngineCommands(options);
  /** Callers of the HALT under way. */
  let halting: Settle[] | undefined;
  /** HALTs under way, those among them whose outcome was told and that may still be answered. */
  let haltRuns: HaltRun[] = [];
  let closed = false;

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

  const hold = createHaltHold({
    clock,
    log,
    halt: (reason) => startHalt({ engine, clock, request: newRequest(reason) }),
    inDoubt: () => resumes.inDoubt(),
    isPaused: () => resumes.isSending(),
    onConfirmed: acked,
    onIdle: () => resumes.next(),
  });

  const resumes = createResumeLine({
    engine,
    clock,
    isStateFresh,
    isBlocked: () => closed || halting !== undefined || hold.isSending(),
    onSent() {
      // The operators' newer will: no older HALT may come after it.
      hold.release();
      for (const run of haltRuns) run.abandon();
      haltRuns = [];
    },
    onAcked: acked,
    onCancelledEnd: () => hold.repeatNow(),
  });

  const startSharedHalt = (reason: string | undefined, settle: Settle): void => {
    const sharing = [settle];
    halting = sharing;
    const run = startHalt({
      engine,
      clock,
      request: newRequest(reason),
      onLateSuccess() {
        log.info({ audit: true, command: 'HALT', outcome: 'ACK' }, 'HALT confirmed late');
        acked();
      },
    });
    haltRuns = [...haltRuns.filter((earlier) => !earlier.over()), run];
    void run.outcome.then((answer) => {
      halting = undefined;
      for (const tell of sharing) tell(commandOutcome(answer));
      if (answer.ok) acked();
      resumes.next();
    });
  };

  const halt = ({ reason }: CommandOrder, settle: Settle): void => {
    if (halting === undefined) startSharedHalt(reason, settle);
    else halting.push(settle);
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
        else if (command === 'HALT') halt(order, settle);
        else resumes.add(newRequest(order.reason), settle);
      });
    },
    async close() {
      closed = true;
      hold.close();
      resumes.close();
      for (const run of haltRuns) run.abandon();
      await engine.close();
    },
  };
}
