import { type Cancel, settledWithin } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { CommandEngine } from './engine.ts';
import { HaltRun } from './halt.ts';
import type { CommandOrder, CommandSuccess, Pending } from './order.ts';
import type { Resumes } from './resume.ts';

const repeatEveryMs = 1000;
/** When to stop trying to reach an engine that cannot be reached. */
const giveUpAfterMs = 60_000;

interface HaltsOptions {
  readonly engine: CommandEngine;
  readonly resumes: Pick<Resumes, 'cancel' | 'next' | 'inDoubt' | 'isSending'>;
  /** The audit log. */
  readonly log: Log;
  /** Called when the engine said yes: for those who joined a HALT once. */
  readonly onAcked: (order: CommandOrder, success: CommandSuccess) => void;
}

/** Every HALT: it waits for nothing, cancels the RESUMEs before it, and where another is under way joins that. */
export class Halts {
  readonly #options: HaltsOptions;
  readonly #hold: HaltHold;
  /** Those who joined the HALT under way. Undefined: none is. */
  #joined: Pending[] | undefined;
  /** Resolves when every HALT given so far has its outcome. */
  #allTold = Promise.resolve();
  /** Those that may still be answered, the last of them or earlier ones whose outcome was told. */
  #runs: HaltRun[] = [];
  /** The close waits no longer. */
  #isTimeOver = false;

  constructor(options: HaltsOptions) {
    this.#options = options;
    this.#hold = new HaltHold(options);
  }

  /** Whether a HALT is being sent, which every RESUME waits for. */
  get isSending(): boolean {
    return this.#joined !== undefined || this.#hold.isSending;
  }

  give(pending: Pending): void {
    const { resumes } = this.#options;
    if (this.#joined === undefined) this.#allTold = this.#bringAbout(pending);
    else this.#joined.push(pending);
    resumes.cancel();
    if (resumes.inDoubt) this.#hold.begin(pending.order);
  }

  /** A cancelled RESUME was answered or given up: only a HALT sent after that is final. */
  repeatNow(): void {
    this.#hold.repeat();
  }

  /** A newer RESUME is about to be sent, the operators' newer will: no older HALT may come after it. */
  release(): void {
    this.#hold.release();
    this.#abandon();
  }

  /** Waits for the outcome of those under way, for `withinMs` at most, then gives them up. */
  async close(withinMs: number): Promise<void> {
    const brought = Promise.all([this.#allTold, this.#hold.close()]);
    if (withinMs > 0) await settledWithin(withinMs, brought, this.#options.engine.clock);
    this.#isTimeOver = true;
    this.#abandon();
    // It tells their senders in a later microtask.
    await this.#allTold;
  }

  /** Brings a HALT to its outcome, and with it those that come meanwhile. */
  async #bringAbout(first: Pending): Promise<void> {
    const { engine, resumes, onAcked } = this.#options;
    for (let pending = [first]; pending.length > 0; ) {
      const joining: Pending[] = [];
      this.#joined = joining;
      const [{ order } = first] = pending;
      const run = new HaltRun(engine, order, (late) => this.#succeededLate(order, late));
      this.#runs = [...this.#runs.filter(({ isOver }) => !isOver), run];
      const outcome = await run.outcome;
      // The time of the first is up; those who joined have some left.
      const isTriedOn = !outcome.ok && outcome.retryable && !this.#isTimeOver;
      const told = isTriedOn ? pending : [...pending, ...joining];
      pending = isTriedOn ? joining : [];
      for (const { settle } of told) settle(outcome);
      if (outcome.ok) onAcked(order, outcome);
    }
    this.#joined = undefined;
    resumes.next();
  }

  #succeededLate(order: CommandOrder, success: CommandSuccess): void {
    const { log, onAcked } = this.#options;
    log.info({ audit: true, command: 'HALT', outcome: 'ACK' }, 'HALT confirmed late');
    onAcked(order, success);
  }

  #abandon(): void {
    for (const run of this.#runs) run.abandon();
    this.#runs = [];
    this.#hold.abandon();
  }
}

/**
 * Keeps the engine halted although a RESUME that the HALT cancelled may come to effect after it.
 *
 * A request that has left cannot be taken back. The engine may have it in a queue, or be waiting for a broker in
 * the middle of it, and set ACTIVE seconds after it confirmed the HALT; that the HALT was sent later says nothing.
 * So the HALT goes out at once, and besides:
 * - the connection of the RESUME stays open. Closing it would stop few engines, and would lose the one sign that
 *   the RESUME is done: its answer. A HALT that starts after that answer is final, and one is sent right then.
 * - until there is an answer, and for as long as a RESUME whose answer was lost is given to be executed late, the
 *   HALT is repeated every second: that bounds how long the engine can be running against the operator's will.
 * - the last repetition starts after the doubt is over, and is tried again until the engine says yes.
 *
 * It ends early only when an operator sends a newer RESUME: from then on the late effect is what is wanted.
 */
class HaltHold {
  readonly #options: HaltsOptions;
  /** The HALT that is repeated. Undefined: none is. */
  #order: CommandOrder | undefined;
  #sending: HaltRun | undefined;
  /** Whether to repeat it at once when the one that is being sent has its outcome. */
  #isDueAgain = false;
  #repeats = 0;
  #giveUpAt = 0;
  #cancelNext: Cancel = () => {};

  constructor(options: HaltsOptions) {
    this.#options = options;
  }

  get isSending(): boolean {
    return this.#sending !== undefined;
  }

  begin(order: CommandOrder): void {
    const { engine, log } = this.#options;
    const isActive = this.#order !== undefined;
    this.#order = order;
    this.#giveUpAt = engine.clock.monotonic() + giveUpAfterMs;
    if (isActive) return;
    this.#repeats = 0;
    const fields = { audit: true, command: 'HALT' };
    log.info(fields, 'HALT will be repeated: a RESUME before it may take effect late');
    this.#schedule();
  }

  repeat(): void {
    const { engine, resumes, onAcked } = this.#options;
    const order = this.#order;
    if (order === undefined) return;
    if (this.#sending !== undefined) {
      this.#isDueAgain = true;
      return;
    }
    // A newer RESUME is on its way to the engine.
    if (resumes.isSending) {
      this.#schedule();
      return;
    }
    this.#cancelNext();
    this.#repeats += 1;
    const isLast = !resumes.inDoubt;
    const run = new HaltRun(engine, order);
    this.#sending = run;
    void run.outcome.then((outcome) => {
      this.#sending = undefined;
      if (outcome.ok) onAcked(order, outcome);
      if (this.#order !== undefined) this.#goOn(isLast, outcome.ok);
      if (this.#sending === undefined) resumes.next();
    });
  }

  /** Repeats it no longer. */
  release(): void {
    this.#order = undefined;
    this.#isDueAgain = false;
    this.#cancelNext();
  }

  /** Gives up the one that is being sent. */
  abandon(): void {
    this.#sending?.abandon();
  }

  /** Repeats it no longer. Resolves when the one that is being sent has its outcome. */
  async close(): Promise<void> {
    if (this.#order !== undefined) {
      const fields = { audit: true, command: 'HALT', repeats: this.#repeats };
      this.#options.log.warn(fields, 'HALT is no longer repeated: the gateway is closing');
    }
    this.release();
    await this.#sending?.outcome;
  }

  #schedule(): void {
    this.#cancelNext();
    this.#cancelNext = this.#options.engine.clock.after(repeatEveryMs, () => this.repeat());
  }

  #goOn(isLast: boolean, isConfirmed: boolean): void {
    const { engine, log } = this.#options;
    const fields = { audit: true, command: 'HALT', repeats: this.#repeats };
    if (this.#isDueAgain) {
      this.#isDueAgain = false;
      this.repeat();
    } else if (isLast && isConfirmed) {
      this.release();
      log.info(fields, 'HALT confirmed after the RESUME it cancelled');
    } else if (isLast && engine.clock.monotonic() >= this.#giveUpAt) {
      this.release();
      log.error(fields, 'HALT could not be confirmed, the engine may run');
    } else {
      this.#schedule();
    }
  }
}
