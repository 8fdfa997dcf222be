import type { Figures } from '../../client/index.ts';
import { formatFigure, formatMs } from './amount.ts';
import { formatCount, formatShare, unknown } from './format.ts';

/** More do not fit. */
const maxColumns = 4;
/** Not an object: the engine may call a figure `constructor`. */
const known: ReadonlyMap<string, string> = new Map([
  ['latency_ms', 'Latency, ms'],
  ['success_rate', 'Success'],
  ['cache_hit_rate', 'Cached'],
  ['invocations', 'Calls'],
]);

/** Every figure that any of them has; the latency first, the rest as they come. */
export function columnsOf(figures: Figures): string[] {
  const columns = new Set(Object.values(figures).flatMap((own) => Object.keys(own ?? {})));
  columns.delete('name');
  const rest = [...columns].filter((column) => column !== 'latency_ms');
  const all = columns.has('latency_ms') ? ['latency_ms', ...rest] : rest;
  return all.slice(0, maxColumns);
}

export function headingOf(column: string): string {
  const text = known.get(column) ?? column.replace(/_(ms|rate)$/, '').replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function formatCell(column: string, value: unknown): string {
  if (value === undefined || value === null) return unknown;
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return JSON.stringify(value);
  if (column.endsWith('_ms')) return formatMs(value);
  if (column.endsWith('_rate')) return formatShare(value);
  return Number.isInteger(value) ? formatCount(value) : formatFigure(value);
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
