import { pathFault } from '../source/engine-path.ts';

/** What belongs to one connection (RFC 9110 §7.6.1). */
const ofConnection: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Request headers that are sent on to the engine, besides those with the prefixes below. All others are dropped. */
const requestHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'range',
  'idempotency-key',
  'traceparent',
  'x-request-id',
]);
const requestPrefixes = ['accept', 'if-'];

/** Headers that no setting sends on, and why. */
const neverSentOn: ReadonlyMap<string, string> = new Map([
  ...[...ofConnection, 'host', 'content-length', 'expect'].map(
    (name) => [name, 'it belongs to one connection'] as const,
  ),
  ...['authorization', 'cookie', 'sec-websocket-protocol', 'referer'].map(
    (name) => [name, 'it may hold a token of the gateway’s'] as const,
  ),
  ...[
    'x-http-method',
    'x-http-method-override',
    'x-method-override',
    'x-original-url',
    'x-original-uri',
    'x-rewrite-url',
  ].map((name) => [name, 'the engine would do something else than was permitted'] as const),
]);

/** Why a name cannot be in `ENGINE_PASSTHROUGH_HEADERS`; undefined: it can. */
export function sentOnFault(name: string): string | undefined {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return 'expected names of headers, such as x-tenant';
  const why = neverSentOn.get(name.toLowerCase());
  return why === undefined ? undefined : `${name} is never sent on: ${why}`;
}

/** Headers of an answer that are dropped: a browser would take them for statements of the gateway about itself. */
const answerHeaders: ReadonlySet<string> = new Set([
  ...ofConnection,
  'content-length',
  // Who may come in here, and what is kept in the browser.
  'www-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  'set-cookie',
  'set-cookie2',
  'set-login',
  'clear-site-data',
  'service-worker-allowed',
  // What the page may do, and where it goes.
  'content-security-policy',
  'content-security-policy-report-only',
  'refresh',
  'speculation-rules',
  'origin-trial',
  'timing-allow-origin',
  // The way to this host, and what browsers tell of it.
  'strict-transport-security',
  'public-key-pins',
  'public-key-pins-report-only',
  'expect-ct',
  'alt-svc',
  'alt-used',
  'nel',
  'report-to',
  'reporting-endpoints',
  'accept-ch',
  'critical-ch',
  // What proxies in front of us would do.
  'x-sendfile',
  'x-lighttpd-send-file',
  'x-litespeed-location',
  'x-reproxy-url',
]);
// CORS is the gateway's to answer: what the engine would allow its own callers does not count here.
const answerPrefixes = ['access-control-', 'x-accel-'];
/** Caches on the way that need not heed `Cache-Control`. */
const cacheHeaders: ReadonlySet<string> = new Set(['surrogate-control', 'cdn-cache-control', 'edge-control']);

/** @param further `ENGINE_PASSTHROUGH_HEADERS`, in lower case */
export function requestHeadersOf(headers: Headers, further: ReadonlySet<string>): Record<string, string> {
  const hop = namesIn(headers.get('connection') ?? '');
  const goesOn = (name: string): boolean =>
    requestHeaders.has(name) ||
    further.has(name) ||
    requestPrefixes.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries([...headers].filter(([name]) => goesOn(name) && !hop.has(name)));
}

export interface AnswerOptions {
  /** Where a path of the engine's is found here; undefined: it is not. */
  readonly placeOf: (location: string) => string | undefined;
  /** Whether the answer is for one client only, which had to show a token. */
  readonly personal: boolean;
}

/** @param headers as the engine sent them, names in lower case */
export function answerHeadersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { placeOf, personal }: AnswerOptions,
): Headers {
  const hop = namesIn([headers.connection ?? []].flat().join(','));
  const kept = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hop.has(name) || answerHeaders.has(name)) continue;
    if (answerPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (name === 'location' || name === 'content-location') {
      const place = placeOf([value].flat()[0] ?? '');
      if (place !== undefined) kept.set(name, place);
      continue;
    }
    for (const entry of Array.isArray(value) ? value : [value]) kept.append(name, entry);
  }
  fence(kept, personal);
  return kept;
}

/**
 * Keeps the engine's answer from acting as a page of the gateway's origin, and a personal one from shared caches.
 * A stricter `Cache-Control` of the engine stays.
 */
export function fence(headers: Headers, personal: boolean): void {
  headers.set('content-security-policy', "sandbox; default-src 'none'");
  headers.set('x-content-type-options', 'nosniff');
  if (!personal) return;
  for (const name of [...headers.keys()])
    if (cacheHeaders.has(name) || name.endsWith('-cdn-cache-control')) headers.delete(name);
  headers.set('cache-control', privately(headers.get('cache-control') ?? ''));
}

/** `public` and a time for shared caches, which overrules it (RFC 9111 §5.2.2), are not for private answers. */
function privately(cacheControl: string): string {
  const kept = (cacheControl.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [])
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !/^(?:public|private|s-maxage)(?:\s*=|$)/i.test(directive));
  return kept.some((directive) => /^no-store$/i.test(directive))
    ? kept.join(', ')
    : ['private', ...kept].join(', ');
}

function namesIn(connection: string): ReadonlySet<string> {
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/**
 * Where what the engine says is found here: a path below one of the prefixes.
 * @param asked the URL that the engine was asked
 * @param basePath of `ENGINE_URL`, without a slash at the end
 */
export function placeBelow(
  location: string,
  asked: URL,
  basePath: string,
  prefixes: readonly string[],
): string | undefined {
  if (!URL.canParse(location, asked.href)) return undefined;
  const { origin, pathname, search, hash, username, password } = new URL(location, asked);
  if (origin !== asked.origin || username !== '' || password !== '') return undefined;
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const path = pathname.slice(basePath.length);
  return staysBelow(path, prefixes) && pathFault(path) === undefined ? `${path}${search}${hash}` : undefined;
}

export function staysBelow(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
