import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { Gateway, type GatewaySettings } from '../app.ts';
import { errorMessage } from '../core/errors.ts';
import type { Events } from '../source/events.ts';
import { warnOfOpenDoor, warnOfOpenFiles } from './start-warnings.ts';

/** For closing sources and sockets after the clients have drained. */
const graceMs = 2000;
const ends = ['SIGTERM', 'SIGINT'] as const;

/** What runs in the process besides the gateway. */
interface Companion {
  readonly events: Events;
  /** Called once the gateway listens. */
  announce(url: string): void;
  stop(): Promise<void>;
}

/** Runs a gateway until a signal. @param demo the engine of a demo */
export async function serve(settings: GatewaySettings, log: Logger, demo?: Companion): Promise<void> {
  const gateway = new Gateway({
    settings,
    log,
    audit: log.child({}, { level: 'info' }),
    events: demo?.events,
  });
  const starting = gateway.start();
  // At once: whoever reads that it listens may send a signal.
  runUntilSignal(log, settings.SHUTDOWN_TIMEOUT_MS + graceMs, async (reason) => {
    await starting;
    await gateway.stop(reason);
    await demo?.stop();
  });
  const { url } = await starting;
  // First, as it says where everything is. It says who can watch, too.
  demo?.announce(url);
  if (demo === undefined) warnOfOpenDoor(settings, log);
  warnOfOpenFiles(settings, log);
}

/** npm passes a signal on to its script, which has had it already if it came from a terminal or to the whole group. */
const echoMs = process.env.npm_lifecycle_event === undefined ? 0 : 500;

/**
 * Stops on SIGTERM, SIGINT or an uncaught error: exit code 0 after the drain, 1 after an error. A second signal, or a
 * stop that takes longer than `timeoutMs`, ends the process at once.
 */
export function runUntilSignal(
  log: Logger,
  timeoutMs: number,
  stop: (reason: string) => Promise<void>,
): void {
  let isStopping = false;
  let first: { readonly signal: NodeJS.Signals; readonly atMs: number } | undefined;
  const { close } = closeWithGrace(
    { delay: timeoutMs, logger: false, skip: [...ends] },
    async ({ signal = first?.signal, err }) => {
      isStopping = true;
      if (err !== undefined) log.error({ err }, 'uncaught error');
      try {
        await stop(signal ?? errorMessage(err));
      } catch (error) {
        log.error({ err: error }, 'shutdown failed');
      }
      await written(log);
    },
  );
  for (const signal of ends) {
    process.on(signal, () => {
      const atMs = performance.now();
      const isEcho = first?.signal === signal && atMs - first.atMs < echoMs;
      if (isStopping && !isEcho) process.exit(1);
      if (isStopping) return;
      first = { signal, atMs };
      close();
    });
  }
}

/** Time for the last lines of the log. */
const flushMs = 500;

function written(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
    setTimeout(resolve, flushMs);
  });
}
