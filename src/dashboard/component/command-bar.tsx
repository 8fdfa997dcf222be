import { useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { useGranted } from '../hook/use-client-state.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { type Command, useLeftCommands } from '../hook/use-left-commands.ts';
import { useSelection } from '../hook/use-selection.ts';
import { CommandDialog } from './command-dialog.tsx';

const selectIsHalted = ({ status }: TelemetryDocument): boolean => status === 'HALT';

/** HALT and RESUME, for those who may. HALT stays within reach while nobody knows for sure that trading is halted. */
export function CommandBar() {
  const mayCommand = useGranted()?.commands === true;
  const isHalted = useSelection(selectIsHalted);
  const isKnown = useFreshness('status') === 'fresh';
  const [asked, setAsked] = useState<Command>();
  const { left, follow, dismiss } = useLeftCommands();
  const isResuming = left.some(({ command, isPending }) => isPending && command === 'RESUME');
  const hasEnded = left.some(({ isPending }) => !isPending);
  const isSurelyHalted = isHalted && isKnown && !isResuming;
  const ask = (command: Command): void => {
    dismiss();
    setAsked(command);
  };
  const onClose = (command: Command, outcome: Promise<string> | undefined): void => {
    setAsked(undefined);
    if (outcome !== undefined) follow(command, outcome);
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
        <CommandDialog command={asked} onClose={(outcome) => onClose(asked, outcome)} />
      )}
      <div class="command-notice">
        <p role="status" data-testid="command-notice">
          {left.map(({ text }) => text).join(' ')}
        </p>
        <button type="button" aria-label="Dismiss" hidden={!hasEnded} onClick={dismiss}>
          ✕
        </button>
      </div>
    </>
  );
}
