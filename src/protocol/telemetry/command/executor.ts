import { type Clock, settledWithin } from '../../../core/clock.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { PolledState } from '../document/polled-state.ts';
import { commandOutcome, type EngineSuccess } from './answer.ts';
import {
  auditCommand,
  type CommandCaller,
  type CommandOrder,
  maxReasonLength,
  type Ordered,
} from './audit.ts';
import { type CommandRequest, createEngineCommands, type EngineCommandsOptions } from './exchange.ts';
import { type HaltRun, startHalt } from './halt.ts';
import { createHaltHold } from './hold.ts';
import { type Command, type CommandOutcome, refuseCommand } from './outcome.ts';
import { createResumeLine } from './resume-line.ts';
import type { Acknowledged } from './watch.ts';

export interface CommandExecutorOptions extends EngineCommandsOptions {
  /** Whether the source `state` is fresh now. */
  readonly isStateFresh: () => boolean;
  readonly polls: PolledState;
  /** Called after the engine said yes. */
  readonly onAcked: (acknowledged: Acknowledged) => void;
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
   * a RESUME after 14 s: 5 s for its turn, 2 s for a connection, 5 s for the answer, 2 s for the state to tell what
   * that does not.
   */
  run(command: Command, order: CommandOrder, caller: CommandCaller): Promise<CommandOutcome>;
  /**
   * Refuses what comes later, ends the RESUMEs, and brings the HALTs under way to their outcome, which takes no longer
   * than `withinMs`. Each caller is told.
   */
  close(withinMs: number): Promise<void>;
}

type Settle = (outcome: CommandOutcome) => void;

interface HaltCaller extends Ordered {
  readonly settle: Settle;
}

/**
 * Commands are serialised, but not alike. RESUMEs wait for each other and for every HALT; a HALT waits for nothing,
 * cancels the RESUMEs before it, and where one is under way joins it. See `HaltHold` for the RESUME that was
 * already out.
 */
export function createCommandExecutor(options: CommandExecutorOptions): CommandExecutor {
  const { isStateFresh, polls, clock, log, meter, newKey } = options;
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

  const acked = (command: Command, { order, caller }: Ordered, { isBegun }: EngineSuccess): void => {
    try {
      options.onAcked({ command, order, caller, isBegun });
    } catch (error) {
      log.error({ error: errorMessage(error) }, 'following a command up failed');
    }
  };

  const newRequest = ({ reason }: CommandOrder): CommandRequest => ({
    key: newKey(),
    ...(reason === undefined ? {} : { reason: reason.slice(0, maxReasonLength) }),
  });

  const noteRun = (run: HaltRun): HaltRun => {
    haltRuns = [...haltRuns.filter((earlier) => !earlier.over()), run];
    return run;
  };

  const onLateSuccess = (ordered: Ordered, answer: EngineSuccess): void => {
    log.info({ audit: true, command: 'HALT', outcome: 'ACK' }, 'HALT confirmed late');
    acked('HALT', ordered, answer);
  };

  const hold = createHaltHold({
    clock,
    log,
    halt: ({ order }) => noteRun(startHalt({ engine, clock, polls, request: newRequest(order) })),
    inDoubt: () => resumes.inDoubt(),
    isPaused: () => resumes.isSending(),
    onConfirmed: (ordered, answer) => acked('HALT', ordered, answer),
    onIdle: () => resumes.next(),
  });

  const resumes = createResumeLine({
    engine,
    clock,
    polls,
    isStateFresh,
    isBlocked: () => closed || joined !== undefined || hold.isSending(),
    onSent() {
      // The operators' newer will: no older HALT may come after it.
      hold.release();
      for (const run of haltRuns) run.abandon();
      haltRuns = [];
    },
    onAcked: (ordered, answer) => acked('RESUME', ordered, answer),
    onCancelledEnd: () => hold.repeatNow(),
  });

  /** Brings a HALT to its outcome, and with it those that come meanwhile. */
  const bringAbout = async (first: HaltCaller): Promise<void> => {
    for (let callers = [first]; callers.length > 0; ) {
      const joining: HaltCaller[] = [];
      joined = joining;
      const [leader = first] = callers;
      const run = startHalt({
        ...{ engine, clock, polls, request: newRequest(leader.order) },
        onLateSuccess: (answer) => onLateSuccess(leader, answer),
      });
      noteRun(run);
      const answer = await run.outcome;
      // The time of the first is up, and not of those who came later.
      const isTriedOn = !answer.ok && answer.retryable && !ended;
      const told = isTriedOn ? callers : [...callers, ...joining];
      callers = isTriedOn ? joining : [];
      for (const { settle } of told) settle(commandOutcome(answer));
      if (answer.ok) acked('HALT', leader, answer);
    }
    joined = undefined;
    resumes.next();
  };

  const halt = ({ settle, ...ordered }: HaltCaller): void => {
    const goOn = options.onUrgent?.();
    const caller: HaltCaller = {
      ...ordered,
      settle(outcome) {
        settle(outcome);
        goOn?.();
      },
    };
    if (joined === undefined) halted = bringAbout(caller);
    else joined.push(caller);
    resumes.cancel();
    if (resumes.inDoubt()) hold.begin(caller);
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
        else if (command === 'HALT') halt({ order, caller, settle });
        else resumes.add(newRequest(order), { order, caller }, settle);
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
