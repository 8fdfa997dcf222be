import type { Cancel } from '../../../core/clock.ts';
import { connectionFailure, noAnswerIn } from './answer.ts';
import { type Attempt, type CommandEngine, type CommandRequest, Confirmation } from './engine.ts';
import {
  type CommandFailure,
  type CommandOrder,
  type CommandOutcome,
  type CommandSuccess,
  type Pending,
  refuseCommand,
} from './order.ts';

/** Time to get a connection, over which the request is sent once. */
const sendWithinMs = 2000;
/** Time for the answer, from the first byte of the request. */
const answerWithinMs = 5000;
/** Time for the engine's state to show it: the last part of those 5 s, or from an unclear answer on. */
const confirmWithinMs = 2000;
const pauseMs = 100;
/** RESUMEs that may wait; further ones are refused with LIMIT. */
const maxWaiting = 64;
/** A RESUME that takes effect long after it was ordered is a surprise: it waits this long, then is refused. */
const maxWaitMs = 5000;
/** How long a RESUME without an answer may take effect late, from the end of its connection. */
const doubtMs = 30_000;

const nothing: Cancel = () => {};

/** One RESUME on its way. It is sent once: what is tried again is only to get the connection that it is written to. */
class ResumeRun {
  readonly pending: Pending;
  /** Never rejects; there within 9 s. */
  readonly outcome: Promise<CommandOutcome>;
  /** A HALT cancelled it. */
  isWithdrawn = false;
  readonly #options: ResumesOptions;
  readonly #request: CommandRequest;
  readonly #confirmation: Confirmation;
  #attempt: Attempt | undefined;
  /** Why there was no connection; once it was sent, the answer that says neither yes nor no. */
  #lastFailure: CommandFailure | undefined;
  #isOver = false;
  #cancelNext = nothing;
  #cancelDeadline = nothing;
  #tell: (outcome: CommandOutcome) => void = () => {};

  constructor(pending: Pending, options: ResumesOptions) {
    const { engine } = options;
    this.pending = pending;
    this.#options = options;
    this.#request = engine.newRequest(pending.order);
    this.outcome = new Promise((resolve) => {
      this.#tell = resolve;
    });
    this.#confirmation = new Confirmation('RESUME', engine, (status = null) =>
      this.#end({ ok: true, result: this.#lastFailure?.result ?? { status }, isBegun: false }),
    );
    this.#cancelDeadline = engine.clock.after(sendWithinMs, () =>
      this.#end(this.#lastFailure ?? connectionFailure(`no connection in ${sendWithinMs} ms`, false)),
    );
    this.#connect();
  }

  /** Whether the engine may have got the request. Once false and withdrawn, it stays false. */
  get isSent(): boolean {
    return this.#attempt?.isSent === true;
  }

  /** Where nothing was sent yet: nothing will be. Where something was, its answer alone counts from now on. */
  withdraw(): void {
    this.isWithdrawn = true;
    // From now on a state that shows the RESUME done may be from before the HALT.
    this.#confirmation.stop();
    if (!this.isSent) this.#end(connectionFailure('withdrawn', false));
    else if (this.#lastFailure?.effect === 'unknown') this.#end(this.#lastFailure);
  }

  /** Ends it in whatever state it is. */
  abandon(): void {
    this.#end(connectionFailure('the gateway is closing', this.isSent));
  }

  #connect(): void {
    const { engine, isStateFresh } = this.#options;
    if (!isStateFresh()) {
      this.#end(refuseCommand('STALE'));
      return;
    }
    const attempt = engine.send(this.#request, () => this.#mayBeSent());
    this.#attempt = attempt;
    void attempt.answer.then((answer) => {
      if (!this.#isOver) this.#take(answer, attempt.isSent);
    });
  }

  /** Asked when the connection stands. */
  #mayBeSent(): boolean {
    const { engine, isStateFresh, onSent } = this.#options;
    if (!isStateFresh()) this.#end(refuseCommand('STALE'));
    if (this.#isOver) return false;
    this.#cancelDeadline();
    this.#cancelDeadline = engine.clock.after(answerWithinMs - confirmWithinMs, () =>
      this.#leaveToState(noAnswerIn(answerWithinMs)),
    );
    this.#confirmation.sent();
    onSent();
    return true;
  }

  #take(answer: CommandOutcome, isSent: boolean): void {
    if (answer.ok || (isSent && answer.effect === 'none')) {
      this.#end(answer);
      return;
    }
    this.#lastFailure = answer;
    if (!isSent) this.#cancelNext = this.#options.engine.clock.after(pauseMs, () => this.#connect());
    else if (this.isWithdrawn) this.#end(answer);
    else this.#leaveToState(answer);
  }

  /** Its answer says neither yes nor no, or is late; it may still come. */
  #leaveToState(failure: CommandFailure): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#options.engine.clock.after(confirmWithinMs, () => this.#end(failure));
    this.#confirmation.doubt();
  }

  #end(outcome: CommandOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#confirmation.stop();
    this.#cancelNext();
    this.#cancelDeadline();
    this.#attempt?.abort();
    this.#tell(outcome);
  }
}

interface ResumesOptions {
  readonly engine: CommandEngine;
  /** Asked as a RESUME comes, before each attempt to connect, and again before the first byte is written. */
  readonly isStateFresh: () => boolean;
  /** Whether a HALT is being sent, which every RESUME waits for; `next` is called when it no longer is. */
  readonly isBlocked: () => boolean;
  /** Called just before the first byte is written. */
  readonly onSent: () => void;
  readonly onAcked: (order: CommandOrder, success: CommandSuccess) => void;
  /** A cancelled RESUME that had been sent was answered, or given up. */
  readonly onCancelledEnd: () => void;
}

/** The RESUMEs in the order they came; one at a time is on its way to the engine. */
export class Resumes {
  readonly #options: ResumesOptions;
  /** In the order they came, each with its time limit. */
  readonly #waiting = new Map<Pending, Cancel>();
  #sending: ResumeRun | undefined;
  #doubtUntil = Number.NEGATIVE_INFINITY;

  constructor(options: ResumesOptions) {
    this.#options = options;
  }

  /** Whether a RESUME that nobody cancelled is on its way. */
  get isSending(): boolean {
    return this.#sending?.isWithdrawn === false;
  }

  /** Whether a RESUME that was sent, cancelled or not answered, may still take effect. */
  get inDoubt(): boolean {
    const isCancelled = this.#sending?.isWithdrawn === true && this.#sending.isSent;
    return isCancelled || this.#options.engine.clock.monotonic() < this.#doubtUntil;
  }

  give(pending: Pending): void {
    const { engine, isStateFresh } = this.#options;
    if (!isStateFresh()) {
      pending.settle(refuseCommand('STALE'));
      return;
    }
    if (this.#waiting.size >= maxWaiting) {
      pending.settle(refuseCommand('LIMIT'));
      return;
    }
    const timeIsUp = (): void => {
      this.#waiting.delete(pending);
      const why = `commands before it took over ${maxWaitMs} ms; this RESUME was not sent`;
      pending.settle(refuseCommand('ENGINE_UNREACHABLE', why));
    };
    this.#waiting.set(pending, engine.clock.after(maxWaitMs, timeIsUp));
    this.next();
  }

  /** Sends the next one where nothing is in its way. */
  next(): void {
    if (this.#sending !== undefined || this.#options.isBlocked()) return;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [pending, cancelTimeout] = first;
    this.#waiting.delete(pending);
    cancelTimeout();
    const run = new ResumeRun(pending, this.#options);
    this.#sending = run;
    void run.outcome.then((outcome) => this.#ended(run, outcome));
  }

  /** Answers every RESUME with SUPERSEDED. Those not sent never will be. */
  cancel(): void {
    this.#refuseWaiting(refuseCommand('SUPERSEDED', 'a HALT cancelled this RESUME; it was not sent'));
    const run = this.#sending;
    if (run === undefined || run.isWithdrawn) return;
    run.withdraw();
    const [fate, effect] = run.isSent
      ? (['it had been sent, and the HALT is repeated after it', 'unknown'] as const)
      : (['it was not sent', 'none'] as const);
    run.pending.settle(refuseCommand('SUPERSEDED', `a HALT cancelled this RESUME; ${fate}`, effect));
  }

  close(): void {
    this.#refuseWaiting(
      refuseCommand('ENGINE_UNREACHABLE', 'the gateway is closing; this RESUME was not sent'),
    );
    this.#sending?.abandon();
  }

  #ended(run: ResumeRun, outcome: CommandOutcome): void {
    const { engine, onAcked, onCancelledEnd } = this.#options;
    const { order, settle } = run.pending;
    this.#sending = undefined;
    if (!outcome.ok && outcome.effect === 'unknown') this.#doubtUntil = engine.clock.monotonic() + doubtMs;
    if (!run.isWithdrawn) {
      settle(outcome);
      if (outcome.ok) onAcked(order, outcome);
    } else if (run.isSent) {
      onCancelledEnd();
    }
    this.next();
  }

  #refuseWaiting(outcome: CommandOutcome): void {
    const refused = [...this.#waiting];
    this.#waiting.clear();
    for (const [{ settle }, cancelTimeout] of refused) {
      cancelTimeout();
      settle(outcome);
    }
  }
}
