import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { TelemetryError } from '../../client/index.ts';
import { usePage } from '../hook/use-page.ts';

export type Command = 'HALT' | 'RESUME';

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
  readonly onClose: () => void;
}

/** Asks before a command is sent, and stays until the engine's answer is there. */
export function CommandDialog({ command, onClose }: CommandDialogProps) {
  const { client } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const title = useId();
  const reason = useRef<HTMLInputElement>(null);
  /** Known before the next render: pressed twice, it is sent once. */
  const isSending = useRef(false);
  const [isPending, setPending] = useState(false);
  const [fault, setFault] = useState('');
  const text = words[command];
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Enter halts at once, and does not resume by accident.
    first.current?.focus();
  }, []);

  const mark = (isNow: boolean): void => {
    isSending.current = isNow;
    setPending(isNow);
  };
  const send = async (): Promise<void> => {
    mark(true);
    setFault('');
    const given = reason.current?.value ?? '';
    try {
      await client.command(command, given === '' ? {} : { reason: given });
      mark(false);
      dialog.current?.close();
    } catch (error) {
      setFault(explain(error));
      mark(false);
    }
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    // `send` tells its faults itself.
    if (!isSending.current) void send();
  };
  /** What was sent cannot be called back, and how it ended has to be seen. */
  const onCancel = (event: Event): void => {
    if (isSending.current) event.preventDefault();
  };
  const cancel = (): void => {
    if (!isSending.current) dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={title}
      onCancel={onCancel}
      onClose={onClose}
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
            onClick={cancel}
            ref={command === 'RESUME' ? first : null}
            aria-disabled={isPending}
          >
            Cancel
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
