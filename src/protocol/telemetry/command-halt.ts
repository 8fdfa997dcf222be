import type { Cancel, Clock } from '../../core/clock.ts';
import { type EngineAnswer, type EngineFailure, mayHaveTakenEffect } from './command-answer.ts';
import type { CommandExchange, CommandRequest, EngineCommands } from './command-exchange.ts';

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
  readonly request: CommandRequest;
  /** Called when the engine says yes after the outcome was told. Without it nothing goes on after the outcome. */
  readonly onLateSuccess?: () => void;
}

const nothing: Cancel = () => undefined;

/**
 * Sends a HALT until the engine says yes. An attempt that failed is followed by the next after a short pause; one
 * that hangs is joined by another every 500 ms and stays open, since a slow engine may be about to answer it and
 * some engines drop what they are doing when the caller goes. Repeating is safe: all attempts carry the same key,
 * and halting twice is halting. For the same reason attempts that are out when the time is up go on for a while:
 * no HALT is taken back because its answer is late.
 */
export function startHalt({ engine, clock, request, onLateSuccess }: HaltRunOptions): HaltRun {
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

  const take = (answer: EngineAnswer): void => {
    if (answer.ok) {
      if (phase === 'late') onLateSuccess?.();
      end(answer);
      return;
    }
    lastFailure = answer;
    maybeDone ||= answer.effect === 'unknown';
    // One of the others may still be the answer.
    if (running.size > 0) return;
    if (phase === 'late' || !answer.retryable) {
      end(failure(answer.message));
      return;
    }
    failures += 1;
    cancelNext();
    cancelNext = clock.after(Math.min(25 * 2 ** failures, 250), attempt);
  };

  const attempt = (): void => {
    const exchange = engine.send('HALT', request);
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
    if (running.size === 0 || onLateSuccess === undefined) {
      end(told);
      return;
    }
    phase = 'late';
    tell(told);
    cancelDeadline = clock.after(lingerMs, () => end(told));
  };

  cancelDeadline = clock.after(haltWithinMs, timeIsUp);
  attempt();
  return {
    outcome,
    over: () => phase === 'over',
    abandon() {
      if (phase !== 'over') end(failure('the gateway gave up the HALT'));
    },
  };
}

function withDoubt(why: string): string {
  return why.includes(mayHaveTakenEffect) ? why : `${why}; ${mayHaveTakenEffect}`;
}
