import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { errorMessage } from '../core/errors.ts';

/**
 * Keeps the process until SIGTERM, SIGINT or an uncaught error, then stops: exit code 0 after the drain, 1 after
 * an error. A second signal, or a stop that takes longer than `timeoutMs`, ends the process at once.
 */
export function runUntilSignal(
  log: Logger,
  timeoutMs: number,
  stop: (reason: string) => Promise<void>,
): void {
  closeWithGrace({ delay: timeoutMs, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log.error({ err }, 'uncaught error');
    try {
      await stop(signal ?? errorMessage(err));
    } catch (error) {
      log.error({ err: error }, 'shutdown failed');
    }
    await written(log);
  });
}

/** Time for the last lines of the log. */
const flushMs = 500;

/** Resolves once the log is written, or not to be written. */
function written(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
    setTimeout(resolve, flushMs);
  });
}
