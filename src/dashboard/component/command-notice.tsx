import { type CommandRun, isPending } from '../hook/use-command-runs.ts';

interface CommandNoticeProps {
  readonly runs: readonly CommandRun[];
  /** Those that have ended have been read. */
  readonly onDismiss: () => void;
}

const words = {
  HALT: { pending: 'Halting …', done: 'HALT was acknowledged.' },
  RESUME: { pending: 'Resuming …', done: 'RESUME was acknowledged.' },
} as const;

/** How commands stand whose dialog was closed before they were answered. */
export function CommandNotice({ runs, onDismiss }: CommandNoticeProps) {
  const unsent = runs.filter(({ state }) => state === 'unsent');
  const cancelAll = (): void => {
    for (const { cancel } of unsent) cancel();
  };
  return (
    <div class="command-notice">
      <p role="status" data-testid="command-notice">
        {runs.map(textOf).join(' ')}
      </p>
      <button type="button" hidden={unsent.length === 0} onClick={cancelAll}>
        Cancel
      </button>
      <button type="button" aria-label="Dismiss" hidden={runs.every(isPending)} onClick={onDismiss}>
        ✕
      </button>
    </div>
  );
}

function textOf({ command, state, fault }: CommandRun): string {
  if (state === 'failed') return `${command} failed. ${fault}`;
  return state === 'unsent' ? `${command}: nothing was sent yet, still trying …` : words[command][state];
}
