import type { Cancel, Clock } from '../../../core/clock.ts';
import type { PolledState } from '../document/polled-state.ts';
import { connectionFailure, type EngineAnswer, type EngineFailure, noAnswerIn } from './answer.ts';
import { createConfirmation } from './confirmation.ts';
import type { CommandExchange, CommandRequest, EngineCommands } from './exchange.ts';

/** Time to get a connection, over which the request is sent once. */
const sendWithinMs = 2000;
/** Time for the answer, from the first byte of the request. */
const answerWithinMs = 5000;
/** Time for the engine's state to tell what its answer did not. */
const confirmWithinMs = 2000;
const pauseMs = 100;

/** One RESUME on its way to the engine. */
export interface ResumeRun {
  /**
   * Never rejects; there after 9 s at the latest. Undefined: `mayBeSent` said no before a byte was written.
   */
  readonly outcome: Promise<EngineAnswer | undefined>;
  /** Whether the engine may have got the request. Once false and withdrawn, it stays false. */
  sent(): boolean;
  /** Where nothing was sent yet: nothing will be. Where something was, its answer alone counts from now on. */
  withdraw(): void;
  /** Ends it in whatever state it is. */
  abandon(): void;
}

export interface ResumeRunOptions {
  readonly engine: EngineCommands;
  readonly clock: Clock;
  readonly polls: PolledState;
  readonly request: CommandRequest;
  /** Asked before each attempt, and again before the first byte is written. */
  readonly mayBeSent: () => boolean;
  /** Called just before the first byte is written. */
  readonly onSent: () => void;
}

const nothing: Cancel = () => undefined;

/** Sends a RESUME once: what is tried again is only to get the connection that it is then written to. */
export function startResume({
  engine,
  clock,
  polls,
  request,
  mayBeSent,
  onSent,
}: ResumeRunOptions): ResumeRun {
  let exchange: CommandExchange | undefined;
  let lastFailure: EngineAnswer | undefined;
  let over = false;
  let withdrawn = false;
  /** Answered, with what says neither yes nor no. */
  let unclear: EngineFailure | undefined;
  let cancelNext = nothing;
  let cancelDeadline = nothing;
  let tell: (answer: EngineAnswer | undefined) => void = () => undefined;
  const outcome = new Promise<EngineAnswer | undefined>((resolve) => {
    tell = resolve;
  });

  const end = (answer: EngineAnswer | undefined): void => {
    if (over) return;
    over = true;
    confirmation.stop();
    cancelNext();
    cancelDeadline();
    exchange?.abort();
    tell(answer);
  };
  const sent = (): boolean => exchange?.sent() === true;

  const confirmation = createConfirmation('RESUME', { polls, clock }, (status = null) =>
    end({ ok: true, result: unclear?.result ?? { status }, isBegun: false }),
  );
  /** Its answer says neither yes nor no, or is late; it may still come. */
  const leaveToState = (failure: EngineFailure): void => {
    cancelDeadline();
    cancelDeadline = clock.after(confirmWithinMs, () => end(failure));
    confirmation.doubt();
  };

  const permit = (): boolean => {
    if (!mayBeSent()) end(undefined);
    if (over) return false;
    cancelDeadline();
    cancelDeadline = clock.after(answerWithinMs - confirmWithinMs, () => {
      leaveToState(noAnswerIn(answerWithinMs));
    });
    confirmation.sent();
    onSent();
    return true;
  };

  const attempt = (): void => {
    if (!mayBeSent()) {
      end(undefined);
      return;
    }
    exchange = engine.send('RESUME', request, permit);
    void exchange.answer.then((answer) => {
      if (over) return;
      if (answer.ok || answer.effect === 'none') return end(answer);
      if (answer.effect === 'unknown') {
        unclear = answer;
        return withdrawn ? end(answer) : leaveToState(answer);
      }
      lastFailure = answer;
      cancelNext = clock.after(pauseMs, attempt);
    });
  };

  cancelDeadline = clock.after(sendWithinMs, () =>
    end(lastFailure ?? connectionFailure(`no connection in ${sendWithinMs} ms`, false)),
  );
  attempt();
  return {
    outcome,
    sent,
    withdraw() {
      withdrawn = true;
      // From now on the state may show what was so before the HALT.
      confirmation.stop();
      if (!sent()) end(connectionFailure('withdrawn', false));
      else if (unclear !== undefined) end(unclear);
    },
    abandon: () => end(connectionFailure('the gateway is closing', sent())),
  };
}
