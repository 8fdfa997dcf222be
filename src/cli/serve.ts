import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { Gateway, type GatewaySettings } from '../app.ts';
import { errorMessage } from '../core/errors.ts';
import type { Events } from '../source/events.ts';

/** For closing sources and sockets after the clients have drained. */
const graceMs = 2000;

/** Runs a gateway until a signal. @param beside what else runs in the process */
export async function serve(
  settings: GatewaySettings,
  log: Logger,
  beside?: { readonly events?: Events; stop(): Promise<void> },
): Promise<{ readonly port: number; readonly url: string }> {
  const gateway = new Gateway({
    settings,
    log,
    audit: log.child({}, { level: 'info' }),
    events: beside?.events,
  });
  const address = await gateway.start();
  runUntilSignal(log, settings.SHUTDOWN_TIMEOUT_MS + graceMs, async (reason) => {
    await gateway.stop(reason);
    await beside?.stop();
  });
  return address;
}

/**
 * Stops on SIGTERM, SIGINT or an uncaught error: exit code 0 after the drain, 1 after an error. A second signal, or a
 * stop that takes longer than `timeoutMs`, ends the process at once.
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

function written(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
    setTimeout(resolve, flushMs);
  });
}
