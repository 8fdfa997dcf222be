/** Formats of figures: each takes anything, and answers with a dash for what is not known. */
export const unknown = '–';

const number =
  (options: Intl.NumberFormatOptions) =>
  (value: unknown): string =>
    typeof value === 'number' && Number.isFinite(value) ? formatter(options).format(value) : unknown;

const formatters = new Map<Intl.NumberFormatOptions, Intl.NumberFormat>();

/** Made when first used: each takes about a millisecond, and the first paint needs only some of them. */
function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const made = formatters.get(options) ?? new Intl.NumberFormat('en-US', options);
  formatters.set(options, made);
  return made;
}

const usd = { style: 'currency', currency: 'USD' } as const;

export const formatPrice = number({ minimumFractionDigits: 2, maximumFractionDigits: 6 });
/** For the scale of a chart, which makes room for every digit that there might be. */
export const formatScale = (value: number): string =>
  Math.abs(value) < 1 ? formatPrice(value) : formatFigure(value);
export const formatPriceChange = number({
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
export const formatUsd = number(usd);
export const formatSignedUsd = number({ ...usd, signDisplay: 'exceptZero' });
export const formatShare = number({
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
export const formatPercent = number({
  style: 'percent',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
export const formatSignedPercent = number({
  style: 'percent',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
export const formatWholePercent = number({ style: 'percent', maximumFractionDigits: 0 });
export const formatCount = number({ maximumFractionDigits: 0 });
export const formatFigure = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const formatSlope = number({
  signDisplay: 'exceptZero',
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
});
export const formatRate = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const formatMs = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function formatBytes(value: number): string {
  if (value < 1000) return `${formatCount(value)} B`;
  return value < 1e6 ? `${formatRate(value / 1000)} kB` : `${formatRate(value / 1e6)} MB`;
}

export function formatText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : unknown;
}

const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** Local time of day. `value`: epoch ms, or a text that is a date. */
export function formatTime(value: number | string | undefined): string {
  const date = new Date(value ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? unknown : clockTime.format(date);
}

/** A duration in words short enough for a status line: `12 s`, `3 min`, `2 h`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

export type Tone = 'up' | 'down' | 'warn' | 'muted' | undefined;

export function signTone(value: number | null | undefined): Tone {
  if (value === null || value === undefined || value === 0) return undefined;
  return value > 0 ? 'up' : 'down';
}
