import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Command, type CommandRun, isPending } from '../hook/use-command-runs.ts';
import { askForToken } from './token-form.tsx';

const words = {
  HALT: {
    title: 'Halt trading?',
    text: 'The engine stops trading at once: signals go flat, no position is opened.',
    confirm: 'Halt trading',
    pending: 'Halting …',
  },
  RESUME: {
    title: 'Resume trading?',
    text: 'The engine may open positions again from now on.',
    confirm: 'Resume trading',
    pending: 'Resuming …',
  },
} as const;

interface CommandDialogProps {
  readonly command: Command;
  /** What became of the command; undefined before it was sent, and where it was cancelled without effect. */
  readonly run: CommandRun | undefined;
  readonly onSend: (reason: string) => void;
  readonly onClose: () => void;
}

/**
 * Asks before a command is sent, and stays until the engine's answer is there, unless it is closed: nothing must
 * stand between an operator and the next command.
 */
export function CommandDialog({ command, run, onSend, onClose }: CommandDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const title = useId();
  const reason = useRef<HTMLInputElement>(null);
  const [wasSent, setSent] = useState(false);
  const text = words[command];
  const isOver = wasSent && (run === undefined || run.state === 'done');
  const isWaiting = run !== undefined && isPending(run);
  const isUnsent = run?.state === 'unsent';
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Enter halts at once, and does not resume by accident.
    first.current?.focus();
  }, []);
  useEffect(() => {
    if (isOver) dialog.current?.close();
  }, [isOver]);

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    onSend(reason.current?.value ?? '');
    setSent(true);
  };
  const close = (): void => dialog.current?.close();
  const onToken = (): void => {
    close();
    askForToken();
  };
  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={onClose} data-testid="command-dialog">
      <form onSubmit={onSubmit}>
        <h2 id={title}>{text.title}</h2>
        <p>{text.text}</p>
        <label class="field">
          <span>Reason, for the audit log (optional)</span>
          <input ref={reason} maxLength={200} />
        </label>
        <p class="fault" role="alert" data-testid="command-fault">
          {isUnsent ? 'Nothing was sent yet, still trying …' : run?.fault}
        </p>
        <div class="dialog-actions">
          {run?.needsToken && (
            <button type="button" onClick={onToken}>
              Enter a token
            </button>
          )}
          <button
            type="button"
            onClick={isUnsent ? run.cancel : close}
            ref={command === 'RESUME' ? first : null}
          >
            {isWaiting && !isUnsent ? 'Close' : 'Cancel'}
          </button>
          <button
            type="submit"
            class={command === 'HALT' ? 'grave' : 'main'}
            ref={command === 'HALT' ? first : null}
            aria-disabled={isWaiting}
          >
            {isWaiting ? text.pending : text.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
