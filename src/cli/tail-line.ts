import type { TelemetryDocument } from '../client/document.ts';
import { isKeptLive, sourceOf } from '../client/vouching.ts';
import { decimalsFor } from '../core/decimals.ts';
import { isJsonObject } from '../core/json.ts';
import { printable } from '../core/terminal-text.ts';

export interface TailUpdate {
  /** Before the engine has answered: `status` and `sources` alone. */
  readonly document: TelemetryDocument;
  /** Top-level keys that changed. */
  readonly changed: readonly string[];
  readonly seq: number;
  /** Of the packet. */
  readonly bytes: number;
  /** Updates in the last second. */
  readonly perSecond: number;
  readonly priceBefore: number | undefined;
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Paint = (style: keyof typeof codes, text: string) => string;

export const inColour: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
export const plain: Paint = (_style, text) => text;

/**
 * One line of `tail`: time, version, the main figures, what changed, and its size. Stale figures are marked. Control
 * characters of the document are escaped.
 */
export function tailLine(update: TailUpdate, at: Date, paintAny: Paint): string {
  const paint: Paint = (style, text) => paintAny(style, printable(text));
  const { document, changed, seq, bytes, perSecond, priceBefore } = update;
  const { market, portfolio, status, sources } = document;
  const time = paint('dim', at.toISOString().slice(11, 23));
  const orOld = (path: string, text: string, painted: string): string => {
    const word = wordOn(document, path);
    return word === undefined ? painted : paint('yellow', `${text} (${word})`);
  };
  const statusWord = status ?? 'no status';
  const shown = [time, `#${seq}`];
  // INITIALIZING cannot be stale.
  if (status === 'INITIALIZING') shown.push(paint('yellow', status));
  else shown.push(orOld('status', statusWord, statusText(status, paint)));
  const price = market?.price;
  if (typeof price === 'number') {
    const symbol = typeof market?.symbol === 'string' ? `${printable(market.symbol)} ` : '';
    const text = price.toFixed(decimalsFor([price, priceBefore ?? price]));
    const current = `${paint('bold', text)} ${moveOf(price, priceBefore, paint)}`;
    shown.push(`${symbol}${orOld('market.price', text, current)}`);
  }
  const pnl = portfolio?.daily_pnl;
  if (typeof pnl === 'number') {
    const text = signed(pnl, decimalsFor([pnl, portfolio?.nav ?? pnl]));
    shown.push(`P&L ${orOld('portfolio.daily_pnl', text, profitText(text, paint))}`);
  }
  const late = Object.entries(sources ?? {}).filter(
    ([, source]) => isJsonObject(source) && source.status !== 'fresh',
  );
  if (late.length > 0) {
    const texts = late.map(([name, { status: word, error }]) => {
      // Of the others the status is enough.
      return name === 'state' && error !== undefined ? `${name} ${word}: ${error}` : `${name} ${word}`;
    });
    shown.push(paint('yellow', texts.join(', ')));
  }
  shown.push(paint('dim', `${changed.join(',')}  ${sizeText(bytes)}  ${perSecond.toFixed(1)}/s`));
  return shown.join('  ');
}

/** The status of a path that is not current; undefined where it is, or that is not known. */
function wordOn(document: TelemetryDocument, path: string): string | undefined {
  const word = document.sources?.[sourceOf(document, path)]?.status;
  return word === 'fresh' || isKeptLive(document, path) ? undefined : word;
}

function statusText(status: TelemetryDocument['status'], paint: Paint): string {
  if (status === 'ACTIVE') return paint('green', status);
  return paint(status === 'HALT' ? 'red' : 'yellow', status ?? 'no status');
}

function moveOf(price: number, before: number | undefined, paint: Paint): string {
  if (before === undefined || price === before) return paint('dim', '·');
  return price > before ? paint('green', '▲') : paint('red', '▼');
}

/** What is shown as zero has no sign. */
function signed(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString('en-US', { ...digits, signDisplay: 'exceptZero' }).replace('-', '−');
}

function profitText(text: string, paint: Paint): string {
  if (text.startsWith('+')) return paint('green', text);
  return text.startsWith('−') ? paint('red', text) : text;
}

function sizeText(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} KB`;
}
