import type { Logger } from 'pino';
import { createGateway, type GatewaySettings } from '../app.ts';
import type { Events } from '../source/events.ts';
import { runUntilSignal } from './run-until-signal.ts';

/** What is left for closing sources and sockets after the clients' time is over. */
const graceMs = 2000;

/** Runs a gateway until it is told to stop. */
export async function serve(
  settings: GatewaySettings,
  log: Logger,
  beside?: { readonly events?: Events; stop(): Promise<void> },
): Promise<{ readonly port: number; readonly url: string }> {
  const events = beside?.events;
  const gateway = createGateway({
    settings,
    log,
    audit: log.child({}, { level: 'info' }),
    ...(events === undefined ? {} : { events }),
  });
  const address = await gateway.start();
  runUntilSignal(log, settings.SHUTDOWN_TIMEOUT_MS + graceMs, async (reason) => {
    await gateway.stop(reason);
    await beside?.stop();
  });
  return address;
}
