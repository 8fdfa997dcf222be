import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { TelemetryError } from '../../client/index.ts';
import type { Command } from '../hook/use-left-commands.ts';
import { usePage } from '../hook/use-page.ts';

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
  /** `outcome`: of a command that was sent and not answered yet, what went wrong in the end; empty: nothing. */
  readonly onClose: (outcome: Promise<string> | undefined) => void;
}

/**
 * Asks before a command is sent, and stays until the engine's answer is there, unless it is closed: nothing must
 * stand between an operator and the next command.
 */
export function CommandDialog({ command, onClose }: CommandDialogProps) {
  const { client } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const title = useId();
  const reason = useRef<HTMLInputElement>(null);
  /** Known before the next render: pressed twice, it is sent once. */
  const outcome = useRef<Promise<string> | undefined>(undefined);
  const [isPending, setPending] = useState(false);
  const [fault, setFault] = useState('');
  const text = words[command];
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Enter halts at once, and does not resume by accident.
    first.current?.focus();
  }, []);

  const send = (): void => {
    setFault('');
    setPending(true);
    const given = reason.current?.value ?? '';
    const sent = client.command(command, given === '' ? {} : { reason: given }).then(() => '', explain);
    outcome.current = sent;
    void sent.then((what) => {
      outcome.current = undefined;
      setPending(false);
      setFault(what);
      if (what === '') dialog.current?.close();
    });
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (outcome.current === undefined) send();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={title}
      onClose={() => onClose(outcome.current)}
      data-testid="command-dialog"
    >
      <form onSubmit={onSubmit}>
        <h2 id={title}>{text.title}</h2>
        <p>{text.text}</p>
        <label class="field">
          <span>Reason, for the audit log (optional)</span>
          <input ref={reason} maxLength={200} />
        </label>
        <p class="fault" role="alert" data-testid="command-fault">
          {fault}
        </p>
        <div class="dialog-actions">
          <button
            type="button"
            onClick={() => dialog.current?.close()}
            ref={command === 'RESUME' ? first : null}
          >
            {isPending ? 'Close' : 'Cancel'}
          </button>
          <button
            type="submit"
            class={command === 'HALT' ? 'grave' : 'main'}
            ref={command === 'HALT' ? first : null}
            aria-disabled={isPending}
          >
            {isPending ? text.pending : text.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function explain(error: unknown): string {
  if (!(error instanceof TelemetryError)) return 'The command failed.';
  const mayHaveWorked = ['DISCONNECTED', 'TIMEOUT'].includes(error.code);
  return `${error.code}: ${error.message}${mayHaveWorked ? '. It may have been carried out all the same.' : ''}`;
}
