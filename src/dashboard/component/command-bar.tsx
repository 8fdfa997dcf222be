import { useRef, useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { type Command, isPending, useCommandRuns } from '../hook/use-command-runs.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { useMayCommand } from '../hook/use-may-command.ts';
import { useSelection } from '../hook/use-selection.ts';
import { CommandDialog } from './command-dialog.tsx';
import { CommandNotice } from './command-notice.tsx';

const selectIsHalted = ({ status }: TelemetryDocument): boolean => status === 'HALT';

/** HALT and RESUME, for those who may. HALT stays within reach while nobody knows for sure that trading is halted. */
export function CommandBar() {
  const mayCommand = useMayCommand();
  const isHalted = useSelection(selectIsHalted);
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
