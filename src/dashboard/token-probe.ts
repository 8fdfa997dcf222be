import type { TelemetryClient } from '../client/index.ts';
import type { PageTokens } from './page-tokens.ts';

/** A browser does not say why a WebSocket was refused: where one fails, asks over HTTP whether it is for the token. */
export function watchForRefusals(client: TelemetryClient, tokens: PageTokens): void {
  const headers = tokens.current === undefined ? {} : { authorization: `Bearer ${tokens.current}` };
  const ask = async (): Promise<void> => {
    const { ok, status } = await fetch('api/telemetry', { method: 'HEAD', headers, cache: 'no-store' });
    const isRefused = status === 401 || status === 403;
    if (ok || isRefused) tokens.judged(isRefused);
  };
  client.on('state', ({ transport, reason }) => {
    if (transport !== undefined) tokens.judged(false);
    // A gateway that is not there at all refuses nobody.
    else if (reason !== '') ask().catch(() => {});
  });
}
