import type { TelemetryClient, TelemetryDocument } from '../client/index.ts';
import { formatPrice, formatText } from './model/format.ts';
import { figure, isConnected, isSourceFresh } from './model/knowledge.ts';

/** Browsers spend more on a new title than on a new figure. */
const leastMs = 1000;

/** Keeps price and symbol in the tab's title, where they are seen from other tabs too. */
export function showInTitle(client: TelemetryClient): void {
  let isWaiting = false;
  const show = (): void => {
    isWaiting = false;
    const title = titleOf(client.document, isConnected(client.status));
    if (document.title !== title) document.title = title;
  };
  const schedule = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(show, leastMs);
  };
  client.on('update', schedule);
  client.on('state', schedule);
}

function titleOf(telemetry: TelemetryDocument, isCurrent: boolean): string {
  const { market, status } = telemetry;
  if (market?.symbol === undefined) return isCurrent ? 'telemetry' : '(connecting) telemetry';
  const price = formatPrice(figure(telemetry, market.price));
  const trust = isCurrent && isSourceFresh(telemetry, 'state') ? '' : '(stale) ';
  return `${trust}${status === 'HALT' ? '(halted) ' : ''}${price} ${formatText(market.symbol)}`;
}
