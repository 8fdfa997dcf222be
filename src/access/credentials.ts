/** Where a client may put its token, in the order in which they are looked at. */
const tokenPlaces = ['header', 'subprotocol', 'cookie', 'query'] as const;
export type TokenPlace = (typeof tokenPlaces)[number];

/** Fits Node's `IncomingMessage` (upgrades) and Fetch's `Request` (REST, SSE). */
export interface CredentialRequest {
  readonly headers: HeaderReader | HeaderRecord;
  /** Absolute, or a path with its query. */
  readonly url?: string | undefined;
}

interface HeaderReader {
  get(name: string): string | null;
}

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A token as offered, not verified yet; it may be empty, and is invalid then. */
export interface OfferedToken {
  readonly token: string;
  readonly place: TokenPlace;
}

/**
 * The first token offered; undefined where none is. The first place that is present decides: a bad token there is
 * refused, even if a later place holds a valid one.
 *
 * - `Authorization: Bearer <token>`, also with nothing behind `Bearer`, and a value without any scheme. Another
 *   scheme (`Basic`, for a proxy in front) is addressed to someone else and leaves the other places open.
 * - `Sec-WebSocket-Protocol: token, <token>`, for browsers, which can set no other header on a WebSocket.
 *   `token` with nothing after it names no token.
 * - Cookie `token`.
 * - Query parameter `token`.
 */
export function findToken(request: CredentialRequest): OfferedToken | undefined {
  const token = {
    header: () => bearerToken(header(request, 'authorization')),
    subprotocol: () => subprotocolToken(header(request, 'sec-websocket-protocol')),
    cookie: () => cookieToken(header(request, 'cookie')),
    query: () => new URLSearchParams(splitUrl(request.url ?? '').query).get('token') ?? undefined,
  } satisfies Record<TokenPlace, () => string | undefined>;
  for (const place of tokenPlaces) {
    const found = token[place]();
    if (found !== undefined) return { token: found, place };
  }
  return undefined;
}

/** Query parameters that hold a token, here or at the engine, in lower case. */
export const tokenNames: ReadonlySet<string> = new Set(['token', 'access_token']);

/** The URL without its parameters `token` and `access_token`, however they are written; all else byte for byte. */
export function withoutToken(url: string): string {
  const { path, query, fragment } = splitUrl(url);
  const kept = query
    .split('&')
    .filter(
      (pair) => ![...new URLSearchParams(pair).keys()].some((name) => tokenNames.has(name.toLowerCase())),
    );
  const rest = kept.join('&');
  return `${path}${rest === '' ? '' : `?${rest}`}${fragment}`;
}

function bearerToken(value: string): string | undefined {
  const text = value.trim();
  if (text === '') return undefined;
  const [scheme = '', ...rest] = text.split(/\s+/);
  // RFC 9110 11.1: schemes are compared without case.
  if (scheme.toLowerCase() === 'bearer') return rest.join(' ');
  return rest.length === 0 ? '' : undefined;
}

function subprotocolToken(value: string): string | undefined {
  const offered = value.split(',').map((protocol) => protocol.trim());
  const marker = offered.indexOf('token');
  return marker === -1 ? undefined : offered[marker + 1];
}

/** RFC 6265 5.4: of several cookies of one name the first has the most specific path. */
function cookieToken(value: string): string | undefined {
  for (const pair of value.split(';')) {
    const [name = '', ...rest] = pair.split('=');
    if (name.trim() === 'token' && rest.length > 0) return unquoted(rest.join('=').trim());
  }
  return undefined;
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function header(request: CredentialRequest, name: string): string {
  return readHeader(request, name) ?? '';
}

/** The value of a header, of a handshake or of a plain request; undefined: it was not sent. */
export function readHeader({ headers }: CredentialRequest, name: string): string | undefined {
  if (isReader(headers)) return headers.get(name) ?? undefined;
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

/** A header that is called `get` is text, so that a client cannot pass its headers off as a reader. */
function isReader(headers: HeaderReader | HeaderRecord): headers is HeaderReader {
  return typeof headers.get === 'function';
}

/** By hand: `URL` would refuse some targets that reach the server, and rewrite others. */
function splitUrl(url: string): { path: string; query: string; fragment: string } {
  const [beforeFragment = '', ...fragment] = url.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  return { path, query: query.join('?'), fragment: fragment.length > 0 ? `#${fragment.join('#')}` : '' };
}
