import type { Cancel } from '../../../core/clock.ts';
import { withDoubt } from './answer.ts';
import { type Attempt, type CommandEngine, type CommandRequest, Confirmation } from './engine.ts';
import type { CommandFailure, CommandOrder, CommandOutcome, CommandSuccess } from './order.ts';

/** Longest time from the order to its outcome, whatever the engine does. */
const haltWithinMs = 2000;
/** When another attempt is begun beside one that has no answer, which stays open. */
const nextAttemptAfterMs = 500;
/** How long attempts without an answer stay open after the outcome was told. */
const lingerMs = 10_000;

const nothing: Cancel = () => {};

/**
 * Sends a HALT until the engine says yes. An attempt that failed is followed by the next after a short pause; one
 * that hangs is joined by another every 500 ms and stays open, since a slow engine may be about to answer it and
 * some engines drop what they are doing when the caller goes. Repeating is safe: all attempts carry the same key,
 * and halting twice is halting. For the same reason attempts that are out when the time is up go on for a while:
 * no HALT is taken back because its answer is late. An answer that is neither yes nor no, or does not come, leaves it
 * to the engine's state to say that it is halted.
 */
export class HaltRun {
  /** Never rejects. There within `haltWithinMs`; `retryable` where it is a failure for want of time alone. */
  readonly outcome: Promise<CommandOutcome>;
  readonly #engine: CommandEngine;
  readonly #request: CommandRequest;
  readonly #onLateSuccess: ((success: CommandSuccess) => void) | undefined;
  readonly #confirmation: Confirmation;
  readonly #attempts = new Set<Attempt>();
  #phase: 'trying' | 'late' | 'over' = 'trying';
  #failures = 0;
  #lastFailure: CommandFailure | undefined;
  #maybeDone = false;
  #cancelNext = nothing;
  #cancelDeadline: Cancel;
  #tell: (outcome: CommandOutcome) => void = () => {};

  /**
   * @param onLateSuccess called when the engine says yes after the outcome was told. Without it every attempt ends
   *   with the outcome
   */
  constructor(engine: CommandEngine, order: CommandOrder, onLateSuccess?: (success: CommandSuccess) => void) {
    this.#engine = engine;
    this.#request = engine.newRequest(order);
    this.#onLateSuccess = onLateSuccess;
    this.outcome = new Promise((resolve) => {
      this.#tell = resolve;
    });
    this.#confirmation = new Confirmation('HALT', engine, (status = null) =>
      this.#succeed({ ok: true, result: this.#lastFailure?.result ?? { status }, isBegun: false }),
    );
    this.#cancelDeadline = engine.clock.after(haltWithinMs, () => this.#timeIsUp());
    this.#attempt();
  }

  /** Whether no attempt is running any more, nor will be. */
  get isOver(): boolean {
    return this.#phase === 'over';
  }

  /** Ends every attempt still running. */
  abandon(): void {
    if (!this.isOver) this.#end(this.#failure('the gateway gave up the HALT'));
  }

  #attempt(): void {
    // The one before has no answer so far; the state may show at once that it was carried out.
    if (this.#attempts.size > 0) this.#confirmation.doubt();
    if (this.isOver) return;
    const attempt = this.#engine.send(this.#request, () => {
      this.#confirmation.sent();
      return true;
    });
    this.#attempts.add(attempt);
    this.#attemptAgainAfter(nextAttemptAfterMs);
    void attempt.answer.then((answer) => {
      if (this.#attempts.delete(attempt)) this.#take(answer);
    });
  }

  #attemptAgainAfter(ms: number): void {
    this.#cancelNext();
    this.#cancelNext = this.#engine.clock.after(ms, () => this.#attempt());
  }

  #take(answer: CommandOutcome): void {
    if (answer.ok) {
      this.#succeed(answer);
      return;
    }
    this.#lastFailure = answer;
    if (answer.effect === 'unknown') {
      this.#maybeDone = true;
      this.#confirmation.doubt();
    }
    // One of the others may still be the answer.
    if (this.isOver || this.#attempts.size > 0) return;
    if (this.#phase === 'trying' && answer.retryable) {
      this.#failures += 1;
      this.#attemptAgainAfter(Math.min(25 * 2 ** this.#failures, 250));
    } else if (answer.effect === 'none') {
      this.#end(this.#failure(answer.message));
    } else {
      // Another attempt would get the same answer: only the engine's state can still show the HALT done.
      this.#cancelNext();
    }
  }

  #succeed(success: CommandSuccess): void {
    if (this.#phase === 'late') this.#onLateSuccess?.(success);
    this.#end(success);
  }

  #timeIsUp(): void {
    this.#cancelNext();
    // Also those without a connection yet: they may get one.
    this.#maybeDone ||= this.#attempts.size > 0;
    const what = `the engine did not confirm the HALT in ${haltWithinMs} ms`;
    const why = this.#lastFailure === undefined ? what : `${what} (last: ${this.#lastFailure.message})`;
    const told = { ...this.#failure(why), retryable: true };
    if (!this.#maybeDone || this.#onLateSuccess === undefined) {
      this.#end(told);
      return;
    }
    this.#phase = 'late';
    this.#confirmation.rest();
    this.#tell(told);
    this.#cancelDeadline = this.#engine.clock.after(lingerMs, () => this.#end(told));
  }

  #failure(why: string): CommandFailure {
    return {
      ok: false,
      code: this.#lastFailure?.code ?? 'ENGINE_UNREACHABLE',
      message: this.#maybeDone ? withDoubt(why) : why,
      effect: this.#maybeDone ? 'unknown' : 'none',
      retryable: false,
    };
  }

  #end(outcome: CommandOutcome): void {
    this.#phase = 'over';
    this.#confirmation.stop();
    this.#cancelNext();
    this.#cancelDeadline();
    for (const attempt of this.#attempts) attempt.abort();
    this.#attempts.clear();
    this.#tell(outcome);
  }
}
