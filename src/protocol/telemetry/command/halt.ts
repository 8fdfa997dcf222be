import type { Cancel, Clock } from '../../../core/clock.ts';
import type { PolledState } from '../document/polled-state.ts';
import { type EngineAnswer, type EngineFailure, type EngineSuccess, mayHaveTakenEffect } from './answer.ts';
import { createConfirmation } from './confirmation.ts';
import type { CommandExchange, CommandRequest, EngineCommands } from './exchange.ts';

/** From the order to its outcome, whatever the engine does: a HALT is answered within this time. */
const haltWithinMs = 2000;
/** An attempt that has no answer after this time gets company, not an end. */
const nextAttemptAfterMs = 500;
/** How long a HALT that is out is let run after its outcome was told. */
const lingerMs = 10_000;

/** One HALT with all its attempts. */
export interface HaltRun {
  /** Never rejects; there after `haltWithinMs` at the latest: `retryable` where that alone ended it. */
  readonly outcome: Promise<EngineAnswer>;
  /** Whether no attempt is running any more, nor will be. */
  over(): boolean;
  /** Ends every attempt still running. */
  abandon(): void;
}

export interface HaltRunOptions {
  readonly engine: EngineCommands;
  readonly clock: Clock;
  readonly polls: PolledState;
  readonly request: CommandRequest;
  /** Called when the engine says yes after the outcome was told. Without it nothing goes on after the outcome. */
  readonly onLateSuccess?: (answer: EngineSuccess) => void;
}

const nothing: Cancel = () => undefined;

/**
 * Sends a HALT until the engine says yes. An attempt that failed is followed by the next after a short pause; one
 * that hangs is joined by another every 500 ms and stays open, since a slow engine may be about to answer it and
 * some engines drop what they are doing when the caller goes. Repeating is safe: all attempts carry the same key,
 * and halting twice is halting. For the same reason attempts that are out when the time is up go on for a while:
 * no HALT is taken back because its answer is late. An answer that is neither yes nor no, or does not come, leaves it
 * to the engine's state to say that it is halted.
 */
export function startHalt({ engine, clock, polls, request, onLateSuccess }: HaltRunOptions): HaltRun {
  const running = new Set<CommandExchange>();
  let tell: (answer: EngineAnswer) => void = () => undefined;
  const outcome = new Promise<EngineAnswer>((resolve) => {
    tell = resolve;
  });
  let phase: 'trying' | 'late' | 'over' = 'trying';
  let failures = 0;
  let maybeDone = false;
  let lastFailure: EngineFailure | undefined;
  let cancelNext = nothing;
  let cancelDeadline = nothing;

  const end = (answer: EngineAnswer): void => {
    phase = 'over';
    confirmation.stop();
    cancelNext();
    cancelDeadline();
    for (const exchange of running) exchange.abort();
    running.clear();
    tell(answer);
  };

  const failure = (why: string): EngineFailure => ({
    ok: false,
    code: lastFailure?.code ?? 'ENGINE_UNREACHABLE',
    message: maybeDone ? withDoubt(why) : why,
    effect: maybeDone ? 'unknown' : 'none',
    retryable: false,
  });

  const isOver = (): boolean => phase === 'over';

  const succeed = (answer: EngineSuccess): void => {
    if (phase === 'late') onLateSuccess?.(answer);
    end(answer);
  };

  const confirmation = createConfirmation('HALT', { polls, clock }, (status = null) =>
    succeed({ ok: true, result: lastFailure?.result ?? { status }, isBegun: false }),
  );

  const take = (answer: EngineAnswer): void => {
    if (answer.ok) {
      succeed(answer);
      return;
    }
    lastFailure = answer;
    if (answer.effect === 'unknown') {
      maybeDone = true;
      confirmation.doubt();
    }
    // One of the others may still be the answer.
    if (isOver() || running.size > 0) return;
    if (phase === 'trying' && answer.retryable) {
      failures += 1;
      cancelNext();
      cancelNext = clock.after(Math.min(25 * 2 ** failures, 250), attempt);
    } else if (answer.effect !== 'unknown') {
      end(failure(answer.message));
    } else {
      // It would be answered in the same way again: what is left to tell is the state.
      cancelNext();
    }
  };

  const attempt = (): void => {
    // The one before has no answer so far.
    if (running.size > 0) confirmation.doubt();
    if (isOver()) return;
    const exchange = engine.send('HALT', request, () => {
      confirmation.sent();
      return true;
    });
    running.add(exchange);
    cancelNext();
    cancelNext = clock.after(nextAttemptAfterMs, attempt);
    void exchange.answer.then((answer) => {
      if (running.delete(exchange)) take(answer);
    });
  };

  const timeIsUp = (): void => {
    cancelNext();
    // Also those without a connection yet: they may get one.
    maybeDone ||= running.size > 0;
    const what = `the engine did not confirm the HALT in ${haltWithinMs} ms`;
    const why = lastFailure === undefined ? what : `${what} (last: ${lastFailure.message})`;
    const told: EngineFailure = { ...failure(why), retryable: true };
    if (!maybeDone || onLateSuccess === undefined) {
      end(told);
      return;
    }
    phase = 'late';
    confirmation.rest();
    tell(told);
    cancelDeadline = clock.after(lingerMs, () => end(told));
  };

  cancelDeadline = clock.after(haltWithinMs, timeIsUp);
  attempt();
  return {
    outcome,
    over: isOver,
    abandon() {
      if (!isOver()) end(failure('the gateway gave up the HALT'));
    },
  };
}

function withDoubt(why: string): string {
  return why.includes(mayHaveTakenEffect) ? why : `${why}; ${mayHaveTakenEffect}`;
}
