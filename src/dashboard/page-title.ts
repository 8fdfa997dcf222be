import type { TelemetryClient } from '../client/index.ts';
import { currencyOf, formatAmount, priceDecimals } from './model/amount.ts';
import { formatText } from './model/format.ts';
import { figure, isPaused, isWaiting } from './model/knowledge.ts';

/** Browsers spend more on a new title than on a new figure. */
const leastMs = 1000;

/** Keeps price and symbol in the tab's title, where they are seen from other tabs too. */
export function showInTitle(client: TelemetryClient): void {
  let isWaiting = false;
  const show = (): void => {
    const title = titleOf(client, document.hidden);
    if (document.title !== title) document.title = title;
  };
  const schedule = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      show();
    }, leastMs);
  };
  client.on('update', schedule);
  // At once: in a tab that nobody sees a timer may take a minute.
  client.on('freshness', show);
  client.select('status', show);
  document.addEventListener('visibilitychange', show);
}

/**
 * What the page is about, in a few words, and what is wrong. While it is hidden, or was until just now, without the
 * price: none comes.
 */
export function titleOf(
  client: Pick<TelemetryClient, 'document' | 'status' | 'freshness' | 'granted' | 'wanted'>,
  isHidden: boolean,
): string {
  const { document: telemetry, status, freshness } = client;
  const { market, status: engineStatus } = telemetry;
  if (isWaiting(status)) return '(no word of the engine) telemetry';
  if (status.state === 'unauthorized') return '(token wanted) telemetry';
  if (status.state === 'refused') return '(not let in) telemetry';
  if (status.state === 'connecting') return '(connecting) telemetry';
  const isPriceless = isHidden || isPaused(client);
  // Of the status, which comes at once however the view is paused.
  const trusted = isPriceless || market?.symbol === undefined ? 'status' : 'market.price';
  const trust = freshness.of(trusted).state === 'fresh' ? '' : '(stale) ';
  const halt = engineStatus === 'HALT' ? '(halted) ' : '';
  if (market?.symbol === undefined) return `${trust}${halt}telemetry`;
  const symbol = formatText(market.symbol);
  if (isPriceless) return `${trust}${halt}${symbol} telemetry`;
  const amount = figure(telemetry, market.price);
  const price = formatAmount(amount, { decimals: priceDecimals([amount], currencyOf(market.currency)) });
  return `${trust}${halt}${price} ${symbol}`;
}
