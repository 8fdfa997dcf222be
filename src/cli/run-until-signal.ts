import closeWithGrace from 'close-with-grace';
import { errorMessage } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/**
 * Keeps the process until SIGTERM, SIGINT or an uncaught error, then stops: exit code 0 after the drain, 1 after
 * an error. A second signal, or a stop that takes longer than `timeoutMs`, ends the process at once.
 */
export function runUntilSignal(log: Log, timeoutMs: number, stop: (reason: string) => Promise<void>): void {
  closeWithGrace({ delay: timeoutMs, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log.error({ err }, 'uncaught error');
    try {
      await stop(signal ?? errorMessage(err));
    } catch (error) {
      log.error({ err: error }, 'shutdown failed');
    }
  });
}
