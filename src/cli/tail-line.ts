import type { TelemetryDocument } from '../client/document.ts';
import { isJsonObject } from '../core/json.ts';

export interface TailUpdate {
  readonly document: TelemetryDocument;
  /** Top-level keys that changed. */
  readonly changed: readonly string[];
  readonly seq: number;
  /** Of the packet that brought it. */
  readonly bytes: number;
  /** Updates in the last second. */
  readonly perSecond: number;
  /** Price before it. */
  readonly priceBefore: number | undefined;
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Paint = (style: keyof typeof codes, text: string) => string;

export const inColour: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
export const plain: Paint = (_style, text) => text;

/** One line of `tail`: when, which version, the figures that count, what changed, and what it took. */
export function tailLine(update: TailUpdate, at: Date, paint: Paint): string {
  const { document, changed, seq, bytes, perSecond, priceBefore } = update;
  const { market, portfolio, status, sources } = document;
  const time = paint('dim', at.toISOString().slice(11, 23));
  const shown = [time, `#${seq}`, statusText(status, paint)];
  const price = market?.price;
  if (typeof price === 'number') {
    const symbol = typeof market?.symbol === 'string' ? `${market.symbol} ` : '';
    shown.push(`${symbol}${paint('bold', price.toFixed(2))} ${moveOf(price, priceBefore, paint)}`);
  }
  const pnl = portfolio?.daily_pnl;
  if (typeof pnl === 'number') shown.push(`P&L ${paint(pnl < 0 ? 'red' : 'green', signed(pnl))}`);
  const late = Object.entries(sources ?? {}).filter(
    ([, source]) => isJsonObject(source) && source.status !== 'fresh',
  );
  if (late.length > 0) {
    shown.push(paint('yellow', late.map(([name, source]) => `${name} ${source.status}`).join(', ')));
  }
  shown.push(paint('dim', `${changed.join(',')}  ${sizeText(bytes)}  ${perSecond.toFixed(1)}/s`));
  return shown.join('  ');
}

function statusText(status: TelemetryDocument['status'], paint: Paint): string {
  if (status === 'ACTIVE') return paint('green', status);
  return paint(status === 'HALT' ? 'red' : 'yellow', status ?? 'no status');
}

function moveOf(price: number, before: number | undefined, paint: Paint): string {
  if (before === undefined || price === before) return paint('dim', '·');
  return price > before ? paint('green', '▲') : paint('red', '▼');
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toLocaleString('en-US', { maximumFractionDigits: 2, minimumFractionDigits: 2 })}`;
}

function sizeText(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} KB`;
}
