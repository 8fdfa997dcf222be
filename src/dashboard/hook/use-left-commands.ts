import { useState } from 'preact/hooks';

export type Command = 'HALT' | 'RESUME';

/** A command whose dialog was closed before the answer was there. */
export interface LeftCommand {
  readonly command: Command;
  readonly isPending: boolean;
  /** What is to be said of it now. */
  readonly text: string;
}

const words = {
  HALT: { pending: 'Halting …', done: 'Halted.' },
  RESUME: { pending: 'Resuming …', done: 'Resumed.' },
} as const;

/** Follows commands to their end that nobody waits for in a dialog. */
export function useLeftCommands() {
  const [left, setLeft] = useState<readonly LeftCommand[]>([]);
  /** @param outcome resolves with what went wrong; empty: nothing. Never rejects. */
  const follow = (command: Command, outcome: Promise<string>): void => {
    const entry = { command, isPending: true, text: words[command].pending };
    setLeft((before) => [...before, entry]);
    void outcome.then((fault) => {
      const text = fault === '' ? words[command].done : `${command} failed. ${fault}`;
      const ended = { command, isPending: false, text };
      setLeft((before) => before.map((other) => (other === entry ? ended : other)));
    });
  };
  /** Those that have ended have been read. */
  const dismiss = (): void => setLeft((before) => before.filter(({ isPending }) => isPending));
  return { left, follow, dismiss };
}
