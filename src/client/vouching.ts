import { isJsonObject } from '../core/json.ts';
import type { TelemetryDocument } from './document.ts';
import { valueAt } from './document.ts';

/**
 * Whether the engine has said what is in a document. Before it has, the gateway fills the documented sections with
 * zeros and empty texts, which are no figures.
 */
export function hasSpoken({ status, sources }: TelemetryDocument): boolean {
  return status !== 'INITIALIZING' || sources?.state?.status === 'fresh';
}

/**
 * Name of the source that a path comes from. Sections of other sources than `state` are named like their source; what
 * a configured source puts in elsewhere cannot be told from the engine's own state.
 */
export function sourceOf({ sources }: TelemetryDocument, path: string): string {
  const [section = ''] = path.split('.');
  return Object.hasOwn(sources ?? {}, section) ? section : 'state';
}

/** Whether events keep a path current although its source is not fresh; of a section, all that is in it. */
export function isKeptLive(document: TelemetryDocument, path: string): boolean {
  const live = document.sources?.[sourceOf(document, path)]?.live;
  return Array.isArray(live) && covers(live, path, valueAt(document, path));
}

/** What the name of a section stands for among the live paths. */
export const documentedFields: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['market', ['symbol', 'price', 'alpha', 'regime', 'velocity', 'acceleration']],
  ['portfolio', ['nav', 'cash', 'daily_pnl', 'max_drawdown']],
  ['signal', ['side', 'confidence', 'reasoning']],
  ['governance', ['approved_size']],
]);

function covers(live: readonly unknown[], path: string, value: unknown): boolean {
  const fields = isJsonObject(value) ? Object.entries(value) : [];
  if (fields.length > 0) return fields.every(([key, field]) => covers(live, `${path}.${key}`, field));
  return live.some((at) => {
    if (!path.startsWith(`${at}.`)) return at === path;
    const documented = documentedFields.get(at);
    return documented?.some((field) => path === `${at}.${field}`) ?? true;
  });
}
