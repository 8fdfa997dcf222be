import { useRef, useState } from 'preact/hooks';
import { type Command, type CommandRun, isPending, useCommandRuns } from '../hook/use-command-runs.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { useEngineStatus, useGranted, usePage, useStatus } from '../hook/use-page.ts';
import { CommandDialog } from './command-dialog.tsx';

/** HALT and RESUME, for those who may. HALT stays within reach while nobody knows for sure that trading is halted. */
export function CommandBar() {
  const mayCommand = useMayCommand();
  const isHalted = useEngineStatus() === 'HALT';
  const isKnown = useFreshness('status') === 'fresh';
  const [asked, setAsked] = useState<Command>();
  const { runs, mayResume, start, forget } = useCommandRuns();
  /** The run that the dialog waits for. Known before the next render: pressed twice, it is sent once. */
  const shown = useRef<number | undefined>(undefined);
  const run = runs.find(({ id }) => id === shown.current);
  const left = runs.filter((other) => other !== run);
  const isSurelyHalted = isHalted && isKnown && !mayResume;
  const dismiss = (): void => forget((other) => !isPending(other));
  const ask = (command: Command): void => {
    dismiss();
    setAsked(command);
  };
  const onSend = (command: Command, reason: string): void => {
    const before = runs.find(({ id }) => id === shown.current);
    if (shown.current !== undefined && (before === undefined || isPending(before))) return;
    dismiss();
    shown.current = start(command, reason);
  };
  const onClose = (): void => {
    const { current } = shown;
    shown.current = undefined;
    forget((other) => other.id === current && !isPending(other));
    setAsked(undefined);
  };
  return (
    <>
      {mayCommand && isHalted && (
        <button type="button" class="command" onClick={() => ask('RESUME')}>
          Resume …
        </button>
      )}
      {mayCommand && !isSurelyHalted && (
        <button type="button" class="command grave" onClick={() => ask('HALT')}>
          Halt …
        </button>
      )}
      {asked !== undefined && (
        <CommandDialog
          command={asked}
          run={run}
          onSend={(reason) => onSend(asked, reason)}
          onClose={onClose}
        />
      )}
      <CommandNotice runs={left} onDismiss={dismiss} />
    </>
  );
}

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
function CommandNotice({ runs, onDismiss }: CommandNoticeProps) {
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

/**
 * Whether to offer commands: what the gateway granted last, also while nothing tells it, as on a lost connection or
 * where only polling works. Where it never did they are offered all the same: the gateway's answer tells then.
 */
function useMayCommand(): boolean {
  const { tokens } = usePage();
  const granted = useGranted();
  const { state, reason } = useStatus();
  const last = useRef<boolean | undefined>(undefined);
  last.current = granted?.commands ?? last.current;
  // A page that has just begun to connect will be told in a moment, and one without a token wants one first.
  const lacksToken = state === 'unauthorized' && tokens.current === undefined;
  return last.current ?? (reason !== '' && state !== 'refused' && !lacksToken);
}
