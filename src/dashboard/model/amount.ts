import { type DecimalsOptions, decimalsFor } from '../../core/decimals.ts';
import { type Tone, unknown } from './format.ts';

/** The currency that a document states; undefined: it states none, and none is shown. */
export function currencyOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^[A-Za-z]{3}$/.test(text)) return text.toUpperCase();
  return /^[\w.-]{1,12}$/.test(text) ? text : undefined;
}

/** Whether `Intl` knows how to write it: ISO 4217 has three letters, coins have as many as they like. */
function isIso(currency: string): boolean {
  return /^[A-Z]{3}$/.test(currency);
}

/** Decimals that amounts of a currency have at least: none of yen, 2 where nobody says. */
function leastDecimals(currency: string | undefined): number {
  if (currency === undefined || !isIso(currency)) return 2;
  return (
    formatter({ decimals: undefined, currency, isSigned: false }).resolvedOptions().minimumFractionDigits ?? 2
  );
}

/** Decimals of amounts that are seen side by side. What is not known has none. */
export function amountDecimals(
  amounts: readonly (number | null | undefined)[],
  currency: string | undefined,
): number {
  const known = amounts.filter((amount) => typeof amount === 'number');
  return decimalsFor(known, { least: leastDecimals(currency) });
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
/** With its sign; a thousandth of it is shown as what it is. */
const formatPercentage = bySize({ significant: 2 }, true);

/** A change as a share of what changed: `+0.028%`. `share`: a fraction. */
export function formatSignedPercent(share: number | null): string {
  return share === null ? unknown : `${formatPercentage(share * 100)}%`;
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
