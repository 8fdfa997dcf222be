import { type DecimalsOptions, decimalsFor } from '../../core/decimals.ts';
import { type Tone, unknown } from './format.ts';

/** The currency that a document states; undefined: it states none, and none is shown. */
export function currencyOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^[A-Za-z]{3}$/.test(text)) return text.toUpperCase();
  return /^[\w.-]{1,12}$/.test(text) ? text : undefined;
}

/** Whether it is one of ISO 4217, which `Intl` knows how to write: coins are not. */
function isIso(currency: string): boolean {
  isoCurrencies ??= new Set(Intl.supportedValuesOf('currency'));
  return isoCurrencies.has(currency);
}

let isoCurrencies: ReadonlySet<string> | undefined;

/** Decimals of the smallest piece of a currency: none of yen; undefined where nobody says. */
function pieceDecimals(currency: string | undefined): number | undefined {
  if (currency === undefined || !isIso(currency)) return undefined;
  const style = { decimals: undefined, currency, isSigned: false };
  return formatter(style).resolvedOptions().minimumFractionDigits;
}

type Amounts = readonly (number | null)[];

/** Decimals of prices that are seen side by side: a price may be finer than anything that can be paid. */
export function priceDecimals(prices: Amounts, currency: string | undefined): number {
  return decimalsFor(knownOf(prices), { least: pieceDecimals(currency) ?? 2 });
}

/** Decimals of amounts of money that are seen side by side. */
export function moneyDecimals(amounts: Amounts, currency: string | undefined): number {
  return pieceDecimals(currency) ?? decimalsFor(knownOf(amounts));
}

function knownOf(amounts: Amounts): number[] {
  return amounts.filter((amount) => amount !== null);
}

export interface AmountStyle {
  readonly decimals: number;
  /** Written with the amount, as `currencyOf` returns it. Default: none. */
  readonly currency?: string | undefined;
  /** With a plus where there is no minus. What is shown as zero has neither. Default false. */
  readonly isSigned?: boolean;
}

/** A dash where the amount is not known. */
export function formatAmount(amount: unknown, { decimals, currency, isSigned = false }: AmountStyle): string {
  if (typeof amount !== 'number' || !Number.isFinite(amount)) return unknown;
  const isCoin = currency !== undefined && !isIso(currency);
  const style = { decimals, currency: isCoin ? undefined : currency, isSigned };
  const text = formatter(style).format(amount);
  return isCoin ? `${text} ${currency}` : text;
}

/** A cost by its own size: it may be far less than anything that can be paid. */
export function formatCost(amount: number | null, currency: string | undefined): string {
  const decimals = decimalsFor(knownOf([amount]), { least: pieceDecimals(currency) ?? 2, significant: 3 });
  return formatAmount(amount, { decimals, currency });
}

/** `up` or `down` by the sign of an amount as it is shown: what is shown as zero moved nowhere. */
export function toneOf(amount: number | null, decimals: number): Tone {
  const shown = amount === null ? 0 : Number(amount.toFixed(decimals));
  if (shown === 0) return undefined;
  return shown > 0 ? 'up' : 'down';
}

/** Formats each figure by its own size, so that a small one is not shown as zero. */
const bySize =
  (options: DecimalsOptions, isSigned = false) =>
  (value: unknown): string => {
    const decimals = decimalsFor(typeof value === 'number' ? [value] : [], options);
    return formatAmount(value, { decimals, isSigned });
  };

export const formatFigure = bySize({ significant: 3 });
export const formatSlope = bySize({ least: 4, significant: 2 }, true);
export const formatMs = bySize({ least: 1, significant: 2 });
/** A change as a share of what changed: `+0.12%`. `share`: a fraction. `most`: decimals that a small one may have. */
export function formatSignedPercent(share: number | null, most = 2): string {
  if (share === null) return unknown;
  const percent = share * 100;
  const decimals = Math.min(most, decimalsFor([percent], { significant: 2 }));
  return `${formatAmount(percent, { decimals, isSigned: true })}%`;
}

interface FormatterStyle {
  /** Undefined: as the currency has them. */
  readonly decimals: number | undefined;
  readonly currency: string | undefined;
  readonly isSigned: boolean;
}

const formatters = new Map<string, Intl.NumberFormat>();

/** Made when first used, and kept: each takes about a millisecond. */
function formatter({ decimals, currency, isSigned }: FormatterStyle): Intl.NumberFormat {
  const key = `${decimals} ${currency} ${isSigned}`;
  const made =
    formatters.get(key) ??
    new Intl.NumberFormat('en-US', {
      ...(currency === undefined ? {} : { style: 'currency', currency }),
      ...(decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
      signDisplay: isSigned ? 'exceptZero' : 'negative',
    });
  formatters.set(key, made);
  return made;
}
