import { useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { useGranted } from '../hook/use-client-state.ts';
import { useSelection } from '../hook/use-selection.ts';
import { isSourceFresh } from '../model/knowledge.ts';
import { type Command, CommandDialog } from './command-dialog.tsx';

const selectStatus = ({ status }: TelemetryDocument): unknown => status;
const selectIsFresh = (document: TelemetryDocument): boolean => isSourceFresh(document, 'state');

/** HALT and RESUME, for those who may. HALT stays within reach while nobody knows for sure that trading is halted. */
export function CommandBar() {
  const granted = useGranted();
  const isHalted = useSelection(selectStatus) === 'HALT';
  const isFresh = useSelection(selectIsFresh);
  const [asked, setAsked] = useState<Command>();
  if (granted?.commands !== true) return null;
  return (
    <>
      {isHalted && (
        <button type="button" class="command" onClick={() => setAsked('RESUME')}>
          Resume …
        </button>
      )}
      {(!isHalted || !isFresh) && (
        <button type="button" class="command grave" onClick={() => setAsked('HALT')}>
          Halt …
        </button>
      )}
      {asked !== undefined && <CommandDialog command={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
