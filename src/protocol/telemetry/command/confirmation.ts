import type { Cancel, Clock } from '../../../core/clock.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { PolledState } from '../document/polled-state.ts';
import type { Command } from './outcome.ts';
import { showsDone } from './words.ts';

const askEveryMs = 250;

/**
 * Whether the engine's own state shows a command done whose answer leaves that open: by polls begun after its
 * request was sent, since an older one may show what was so before.
 */
export interface Confirmation {
  /** The request is about to be sent, for the first time. */
  sent(): void;
  /** The answer leaves it open, or fails to come: `onShown` is called when the state shows it done, perhaps at once. */
  doubt(): void;
  /** Asks no more out of turn, and goes on listening. */
  rest(): void;
  stop(): void;
}

export function createConfirmation(
  command: Command,
  { polls, clock }: { readonly polls: PolledState; readonly clock: Clock },
  onShown: (status: JsonValue | undefined) => void,
): Confirmation {
  let sentAt: number | undefined;
  /** What the newest poll says, where that is that it is done. */
  let shown: { readonly status: JsonValue | undefined } | undefined;
  let inDoubt = false;
  let cancelAsk: Cancel | undefined;

  const tell = (): void => {
    if (inDoubt && shown !== undefined) onShown(shown.status);
  };
  const stopListening = polls.onStatus((status, startedAt) => {
    if (sentAt === undefined || startedAt < sentAt) return;
    shown = showsDone(command, status) ? { status } : undefined;
    tell();
  });
  const ask = (): void => {
    polls.poll();
    cancelAsk = clock.after(askEveryMs, ask);
  };
  const rest = (): void => {
    cancelAsk?.();
    cancelAsk = () => {};
  };

  return {
    sent() {
      sentAt ??= clock.monotonic();
    },
    doubt() {
      if (sentAt === undefined) return;
      inDoubt = true;
      if (cancelAsk === undefined) ask();
      tell();
    },
    rest,
    stop() {
      // Nothing that was seen so far confirms anything from now on.
      sentAt = undefined;
      shown = undefined;
      inDoubt = false;
      rest();
      stopListening();
    },
  };
}
