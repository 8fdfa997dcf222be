import type { Cancel, Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { EngineSuccess } from './answer.ts';
import type { Ordered } from './audit.ts';
import type { HaltRun } from './halt.ts';

const repeatEveryMs = 1000;
/** When to stop trying to reach an engine that cannot be reached. */
const giveUpAfterMs = 60_000;

export interface HaltHoldOptions {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Sends a HALT of its own. Its key must be new: to the key of the first HALT the engine would repeat the answer
   * it gave then, and stay resumed.
   */
  readonly halt: (ordered: Ordered) => HaltRun;
  /** Whether some RESUME may still have its effect. */
  readonly inDoubt: () => boolean;
  /** Whether an operator's newer RESUME is on its way to the engine. */
  readonly isPaused: () => boolean;
  readonly onConfirmed: (ordered: Ordered, answer: EngineSuccess) => void;
  /** Called when `isSending` has become false. */
  readonly onIdle: () => void;
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
export interface HaltHold {
  begin(ordered: Ordered): void;
  /** What was in doubt may have changed: repeats the HALT at once. */
  repeatNow(): void;
  isSending(): boolean;
  release(): void;
  /** Begins no further one. Resolves when the one that is out has its outcome. */
  close(): Promise<void>;
}

const nothing: Cancel = () => undefined;

export function createHaltHold(options: HaltHoldOptions): HaltHold {
  const { clock, log, halt, inDoubt, isPaused, onConfirmed, onIdle } = options;
  let active = false;
  let sending: HaltRun | undefined;
  let again = false;
  let repeats = 0;
  let giveUpAt = 0;
  let ordered: Ordered | undefined;
  let cancelNext = nothing;

  const release = (): void => {
    active = false;
    again = false;
    cancelNext();
  };

  const schedule = (): void => {
    cancelNext();
    cancelNext = clock.after(repeatEveryMs, repeat);
  };

  const repeat = (): void => {
    if (!active || ordered === undefined) return;
    if (sending !== undefined) {
      again = true;
      return;
    }
    if (isPaused()) {
      schedule();
      return;
    }
    cancelNext();
    repeats += 1;
    const last = !inDoubt();
    const held = ordered;
    const run = halt(held);
    sending = run;
    void run.outcome.then((answer) => {
      sending = undefined;
      if (answer.ok) onConfirmed(held, answer);
      if (active) settle(last, answer.ok);
      if (sending === undefined) onIdle();
    });
  };

  const settle = (last: boolean, confirmed: boolean): void => {
    if (again) {
      again = false;
      repeat();
    } else if (last && confirmed) {
      release();
      log.info({ audit: true, command: 'HALT', repeats }, 'HALT confirmed after the RESUME it cancelled');
    } else if (last && clock.monotonic() >= giveUpAt) {
      release();
      log.error({ audit: true, command: 'HALT', repeats }, 'HALT could not be confirmed, the engine may run');
    } else {
      schedule();
    }
  };

  return {
    begin(halted) {
      ordered = halted;
      giveUpAt = clock.monotonic() + giveUpAfterMs;
      if (active) return;
      active = true;
      repeats = 0;
      log.info(
        { audit: true, command: 'HALT' },
        'HALT will be repeated: a RESUME before it may take effect late',
      );
      schedule();
    },
    repeatNow: repeat,
    isSending: () => sending !== undefined,
    release,
    async close() {
      if (active) {
        log.warn(
          { audit: true, command: 'HALT', repeats },
          'HALT is no longer repeated: the gateway is closing',
        );
      }
      release();
      await sending?.outcome;
    },
  };
}
