import { useRef } from 'preact/hooks';
import { useGranted, useStatus } from './use-client-state.ts';
import { usePage } from './use-page.ts';
import { useRefusal } from './use-situation.ts';

/**
 * Whether to offer commands: what the gateway granted last, also while nothing tells it, as on a lost connection or
 * where only polling works. Where it never did they are offered all the same: the gateway's answer tells then.
 */
export function useMayCommand(): boolean {
  const { tokens } = usePage();
  const granted = useGranted();
  const { reason } = useStatus();
  const isRefused = useRefusal(tokens.onJudged);
  const last = useRef<boolean | undefined>(undefined);
  last.current = granted?.commands ?? last.current;
  // A page that has just begun to connect will be told in a moment, and one without a token wants one first.
  return last.current ?? (reason !== '' && !(isRefused && tokens.current === undefined));
}
