/** Formats of figures: each takes anything, and answers with a dash for what is not known. */
export const unknown = '–';

const number =
  (options: Intl.NumberFormatOptions) =>
  (value: unknown): string =>
    typeof value === 'number' && Number.isFinite(value) ? formatter(options).format(value) : unknown;

const formatters = new Map<Intl.NumberFormatOptions, Intl.NumberFormat>();

/**
 * Made when first used: each takes about a millisecond, and the first paint needs only some of them. What is shown as
 * zero has no sign.
 */
function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const made =
    formatters.get(options) ?? new Intl.NumberFormat('en-US', { signDisplay: 'negative', ...options });
  formatters.set(options, made);
  return made;
}

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
export const formatWholePercent = number({ style: 'percent', maximumFractionDigits: 0 });
export const formatCount = number({ maximumFractionDigits: 0 });
export const formatRate = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function formatBytes(value: number): string {
  if (value < 1000) return `${formatCount(value)} B`;
  return value < 1e6 ? `${formatRate(value / 1000)} kB` : `${formatRate(value / 1e6)} MB`;
}

export function formatText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : unknown;
}

/** Stands for a moment that is not known. */
export const unknownTime = '—';

const iso = String.raw`\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?`;
const isIso = new RegExp(`^${iso}$`);
const hasZone = /([Zz]|[+-]\d\d:?\d\d)$/;
/** Before it there was no such market: a moment of then is a clock that nobody set. */
const firstInstant = Date.UTC(1971, 0);
/** `Date` knows none after it (ECMA-262 §21.4.1.1). */
const lastInstant = 8.64e15;

/** Epoch ms of what an engine or gateway calls a time; undefined where it is none. Without an offset it is UTC. */
export function instantOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && isIso.test(value);
  const text = isText ? `${value.replace(' ', 'T')}${hasZone.test(value) ? '' : 'Z'}` : '';
  const instant = typeof value === 'number' ? value : Date.parse(text);
  return instant >= firstInstant && instant <= lastInstant ? instant : undefined;
}

const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
});

/** Local time of day, with the day where that is not today. `now`: epoch ms. */
export function formatInstant(instant: number, now = Date.now()): string {
  const isToday = new Date(instant).toDateString() === new Date(now).toDateString();
  return (isToday ? clockTime : dayAndTime).format(instant);
}

const times = new RegExp(`(${iso})`);

/** Words and the moments among them, in turn: the first part is words, if empty ones. */
export function splitAtTimes(text: string): string[] {
  return text.split(times);
}

/** The same text with its moments in local time. */
export function withLocalTimes(text: string): string {
  const parts = splitAtTimes(text);
  return parts.map((part, index) => (index % 2 === 1 ? formatTime(part) : part)).join('');
}

/** `formatInstant` of what may be none. */
export function formatTime(value: unknown): string {
  const instant = instantOf(value);
  return instant === undefined ? unknownTime : formatInstant(instant);
}

/** A duration in words short enough for a status line: `12 s`, `3 min`, `2 h`, `3 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export type Tone = 'up' | 'down' | 'warn' | 'muted' | undefined;
