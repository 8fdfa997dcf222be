import { useRef, useState } from 'preact/hooks';
import { TelemetryError } from '../../client/index.ts';
import { usePage } from './use-page.ts';

export type Command = 'HALT' | 'RESUME';

/** A command that was given on this page. */
export interface CommandRun {
  readonly id: number;
  readonly command: Command;
  /** `unsent`: nothing was sent so far, and it is still tried. */
  readonly state: 'pending' | 'unsent' | 'done' | 'failed';
  /** What went wrong; empty: nothing. */
  readonly fault: string;
  /** Whether it takes another token. */
  readonly needsToken: boolean;
  /** Gives it up, and forgets it where it had no effect. */
  readonly cancel: () => void;
}

export function isPending({ state }: CommandRun): boolean {
  return state === 'pending' || state === 'unsent';
}

/** Gives commands, and follows each to its end. */
export function useCommandRuns() {
  const { client } = usePage();
  const [runs, setRuns] = useState<readonly CommandRun[]>([]);
  const lastId = useRef(0);
  /** The last RESUME, until a HALT after it was acknowledged: that it may have taken effect, or may yet. */
  const [mayResume, setMayResume] = useState(false);

  const change = (id: number, next: Partial<CommandRun>): void =>
    setRuns((before) => before.map((run) => (run.id === id ? { ...run, ...next } : run)));
  const forget = (isForgotten: (run: CommandRun) => boolean): void =>
    setRuns((before) => before.filter((run) => !isForgotten(run)));

  const start = (command: Command, reason: string): number => {
    lastId.current += 1;
    const id = lastId.current;
    if (command === 'RESUME') setMayResume(true);
    const cancelling = new AbortController();
    const cancel = (): void => cancelling.abort();
    setRuns((before) => [...before, { id, command, state: 'pending', fault: '', needsToken: false, cancel }]);
    const given = client.command(command, {
      ...(reason === '' ? {} : { reason }),
      signal: cancelling.signal,
      onProgress: ({ state }) => change(id, { state: state === 'unsent' ? 'unsent' : 'pending' }),
    });
    given.then(
      () => {
        if (command === 'HALT') setMayResume(false);
        change(id, { state: 'done' });
      },
      (error: unknown) => {
        const { code, effect } = error instanceof TelemetryError ? error : {};
        if (command === 'RESUME' && effect === 'none') setMayResume(false);
        if (code === 'CANCELLED' && effect === 'none') forget((run) => run.id === id);
        else change(id, { state: 'failed', fault: explain(error), needsToken: code === 'UNAUTHENTICATED' });
      },
    );
    return id;
  };
  return { runs, mayResume, start, forget };
}

function explain(error: unknown): string {
  if (!(error instanceof TelemetryError)) return 'The command failed.';
  const { code, message, effect } = error;
  return `${code}: ${message}.${effect === 'unknown' ? ' It may have taken effect.' : ''}`;
}
