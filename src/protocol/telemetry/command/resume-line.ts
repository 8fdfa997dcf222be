import type { Cancel, Clock } from '../../../core/clock.ts';
import type { PolledState } from '../document/polled-state.ts';
import { commandOutcome, type EngineAnswer, type EngineSuccess } from './answer.ts';
import type { Ordered } from './audit.ts';
import type { CommandRequest, EngineCommands } from './exchange.ts';
import { type CommandOutcome, refuseCommand } from './outcome.ts';
import { type ResumeRun, startResume } from './resume.ts';

/** RESUMEs that may wait; further ones are refused with LIMIT. */
const maxWaiting = 64;
/** A RESUME that takes effect long after it was ordered is a surprise: it waits this long, then is refused. */
const maxWaitMs = 5000;
/** How long a RESUME without an answer is reckoned with, from the end of its connection. */
const doubtMs = 30_000;

export interface ResumeLineOptions {
  readonly engine: EngineCommands;
  readonly clock: Clock;
  readonly polls: PolledState;
  readonly isStateFresh: () => boolean;
  /** Whether a HALT is being sent, which every RESUME waits for; `next` is called when it no longer is. */
  readonly isBlocked: () => boolean;
  readonly onSent: () => void;
  /** Of one that nobody cancelled. */
  readonly onAcked: (ordered: Ordered, answer: EngineSuccess) => void;
  /** A cancelled RESUME that had been sent was answered, or given up. */
  readonly onCancelledEnd: () => void;
}

/** The RESUMEs in the order they came; one at a time is on its way to the engine. */
export interface ResumeLine {
  add(request: CommandRequest, ordered: Ordered, settle: (outcome: CommandOutcome) => void): void;
  /** Starts the next one where nothing is in its way. */
  next(): void;
  /** Answers every RESUME with SUPERSEDED. Those not sent never will be. */
  cancel(): void;
  /** Whether a RESUME that nobody cancelled is on its way. */
  isSending(): boolean;
  /** Whether a RESUME that was sent, cancelled or not answered, may still take effect. */
  inDoubt(): boolean;
  close(): void;
}

interface Waiting {
  readonly request: CommandRequest;
  readonly ordered: Ordered;
  readonly settle: (outcome: CommandOutcome) => void;
  readonly cancelTimeout: Cancel;
}

interface Sending {
  readonly run: ResumeRun;
  readonly ordered: Ordered;
  readonly settle: (outcome: CommandOutcome) => void;
  cancelled: boolean;
}

export function createResumeLine(options: ResumeLineOptions): ResumeLine {
  const { engine, clock, polls, isStateFresh, isBlocked, onSent, onAcked, onCancelledEnd } = options;
  let waiting: readonly Waiting[] = [];
  let sending: Sending | undefined;
  let doubtUntil = Number.NEGATIVE_INFINITY;

  const refuseWaiting = (outcome: CommandOutcome): void => {
    const refused = waiting;
    waiting = [];
    for (const { cancelTimeout, settle } of refused) {
      cancelTimeout();
      settle(outcome);
    }
  };

  const end = ({ run, ordered, settle, cancelled }: Sending, answer: EngineAnswer | undefined): void => {
    sending = undefined;
    if (answer?.ok === false && answer.effect === 'unknown') doubtUntil = clock.monotonic() + doubtMs;
    if (!cancelled) settle(answer === undefined ? refuseCommand('STALE') : commandOutcome(answer));
    if (answer?.ok === true && !cancelled) onAcked(ordered, answer);
    if (cancelled && run.sent()) onCancelledEnd();
    next();
  };

  const start = ({ request, ordered, settle, cancelTimeout }: Waiting): void => {
    cancelTimeout();
    const run = startResume({ engine, clock, polls, request, mayBeSent: isStateFresh, onSent });
    const current: Sending = { run, ordered, settle, cancelled: false };
    sending = current;
    void run.outcome.then((answer) => end(current, answer));
  };

  const next = (): void => {
    if (sending !== undefined || isBlocked()) return;
    const [first, ...others] = waiting;
    if (first === undefined) return;
    waiting = others;
    start(first);
  };

  return {
    next,
    add(request, ordered, settle) {
      if (!isStateFresh()) return settle(refuseCommand('STALE'));
      if (waiting.length >= maxWaiting) return settle(refuseCommand('LIMIT'));
      const entry: Waiting = {
        request,
        ordered,
        settle,
        cancelTimeout: clock.after(maxWaitMs, () => {
          waiting = waiting.filter((other) => other !== entry);
          const why = `commands before it took over ${maxWaitMs} ms; this RESUME was not sent`;
          settle(refuseCommand('ENGINE_UNREACHABLE', why));
        }),
      };
      waiting = [...waiting, entry];
      next();
    },
    cancel() {
      refuseWaiting(refuseCommand('SUPERSEDED', 'a HALT cancelled this RESUME; it was not sent'));
      if (sending === undefined || sending.cancelled) return;
      sending.cancelled = true;
      sending.run.withdraw();
      const [fate, effect] = sending.run.sent()
        ? (['it had been sent, and the HALT is repeated after it', 'unknown'] as const)
        : (['it was not sent', 'none'] as const);
      sending.settle(refuseCommand('SUPERSEDED', `a HALT cancelled this RESUME; ${fate}`, effect));
    },
    isSending: () => sending !== undefined && !sending.cancelled,
    inDoubt: () => (sending?.cancelled === true && sending.run.sent()) || clock.monotonic() < doubtUntil,
    close() {
      refuseWaiting(refuseCommand('ENGINE_UNREACHABLE', 'the gateway is closing; this RESUME was not sent'));
      sending?.run.abandon();
    },
  };
}
