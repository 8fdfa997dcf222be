import type { ViewOptions } from '../../client/index.ts';

/** The steps that the gateway offers, ms. */
export const intervals = [0, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

export const sectionNames = [
  'market',
  'portfolio',
  'signal',
  'governance',
  'logs',
  'agents',
  'models',
] as const;

/** What people may type: lower case is turned into upper case. */
export const symbolPattern = '[A-Za-z0-9.^=\\-]{1,20}';
const symbol = /^[A-Z0-9.^=-]{1,20}$/;

/** A pause is the page's own doing, and not kept. */
export type PageViewOptions = ViewOptions & { readonly interval?: number };

/** The view that the page's address asks for; what it says otherwise is left out. */
export function readView(search: string): PageViewOptions {
  const query = new URLSearchParams(search);
  const interval = Number(query.get('interval') ?? Number.NaN);
  const sections = (query.get('sections') ?? '').split(',').filter((name) => name !== '');
  const wanted = query.get('symbol') ?? '';
  return {
    ...(query.get('mode') === 'delta' ? { mode: 'delta' as const } : {}),
    ...(query.get('encoding') === 'msgpack' ? { encoding: 'msgpack' as const } : {}),
    ...(interval > 0 && interval <= 60_000 ? { interval } : {}),
    ...(sections.length > 0 ? { sections } : {}),
    ...(symbol.test(wanted) ? { symbol: wanted } : {}),
  };
}

/** The query that asks for a view: empty for the default one. */
export function formatView({
  mode,
  encoding,
  interval = 0,
  sections,
  symbol: name,
}: PageViewOptions): string {
  const query = new URLSearchParams({
    ...(mode === 'delta' ? { mode } : {}),
    ...(encoding === 'msgpack' ? { encoding } : {}),
    ...(interval > 0 ? { interval: String(interval) } : {}),
    ...(sections === undefined ? {} : { sections: sections.join(',') }),
    ...(name === undefined ? {} : { symbol: name }),
  });
  const text = query.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/** A token in the part of the address that is never sent to a server: `#token=…`. */
export function readFragmentToken(hash: string): string | undefined {
  return fragmentOf(hash).get('token') ?? undefined;
}

/** The same part without the token. */
export function withoutFragmentToken(hash: string): string {
  const kept = hash
    .slice(1)
    .split('&')
    .filter((part) => !/^token(=|$)/.test(part));
  return kept.join('') === '' ? '' : `#${kept.join('&')}`;
}

export type PageTab = 'telemetry' | 'metrics';

/** The tab that this part of the address names: `#metrics`; undefined: none, as where it names a place on the page. */
export function readTab(hash: string): PageTab | undefined {
  if (hash.length <= 1) return 'telemetry';
  return fragmentOf(hash).has('metrics') ? 'metrics' : undefined;
}

function fragmentOf(hash: string): URLSearchParams {
  return new URLSearchParams(hash.replace(/^#/, ''));
}
