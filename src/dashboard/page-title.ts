import type { TelemetryClient } from '../client/index.ts';
import { currencyOf, formatAmount, priceDecimals } from './model/amount.ts';
import { formatText } from './model/format.ts';
import { figure, isWaiting } from './model/knowledge.ts';

/** Browsers spend more on a new title than on a new figure. */
const leastMs = 1000;

/** Keeps price and symbol in the tab's title, where they are seen from other tabs too. */
export function showInTitle(client: TelemetryClient): void {
  let isWaiting = false;
  const show = (): void => {
    isWaiting = false;
    const title = titleOf(client);
    if (document.title !== title) document.title = title;
  };
  const schedule = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(show, leastMs);
  };
  client.on('update', schedule);
  // At once: in a tab that nobody sees a timer may take a minute, and meanwhile a price would pass for live.
  client.on('freshness', show);
}

function titleOf({ document: telemetry, status, freshness: { of } }: TelemetryClient): string {
  const { market, status: engineStatus } = telemetry;
  if (isWaiting(status)) return '(no word of the engine) telemetry';
  if (status.state === 'connecting') return '(connecting) telemetry';
  if (market?.symbol === undefined) return of().state === 'fresh' ? 'telemetry' : '(stale) telemetry';
  const amount = figure(telemetry, market.price);
  const price = formatAmount(amount, { decimals: priceDecimals([amount], currencyOf(market.currency)) });
  const trust = of('market.price').state === 'fresh' ? '' : '(stale) ';
  return `${trust}${engineStatus === 'HALT' ? '(halted) ' : ''}${price} ${formatText(market.symbol)}`;
}
