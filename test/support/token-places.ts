import type { ClientOptions } from 'ws';
import { connectClient, refusalOf, type TestClient, type UpgradeRefused } from './client.ts';

/** One of the places where a client may put its token. */
export interface TokenPlace {
  readonly name: string;
  connect(wsUrl: string, token: string): Promise<TestClient>;
  refusal(wsUrl: string, token: string): Promise<UpgradeRefused>;
  /** The same for plain requests; absent where these have no such place. */
  readonly request?: (
    url: string,
    token: string,
  ) => { readonly url: string; readonly headers: Record<string, string> };
}

type Handshake = readonly [url: string, options: ClientOptions, protocols: string[]];

function place(
  name: string,
  handshake: (wsUrl: string, token: string) => Handshake,
  request?: TokenPlace['request'],
): TokenPlace {
  return {
    name,
    connect: (wsUrl, token) => connectClient(...handshake(wsUrl, token)),
    refusal: (wsUrl, token) => refusalOf(...handshake(wsUrl, token)),
    ...(request === undefined ? {} : { request }),
  };
}

/** A page of the gateway's own host: cookies are good for no other. */
const ownOrigin = (url: string): string => new URL(url.replace(/^ws/, 'http')).origin;

export const tokenPlaces: readonly TokenPlace[] = [
  place(
    'Authorization header',
    (url, token) => [url, { headers: { authorization: `Bearer ${token}` } }, []],
    (url, token) => ({ url, headers: { authorization: `Bearer ${token}` } }),
  ),
  place('subprotocol', (url, token) => [url, {}, ['token', token]]),
  place(
    'cookie',
    (url, token) => [url, { headers: { cookie: `a=1; token=${token}`, origin: ownOrigin(url) } }, []],
    (url, token) => ({ url, headers: { cookie: `token=${token}`, origin: ownOrigin(url) } }),
  ),
  place(
    'query',
    (url, token) => [`${url}/?token=${token}`, {}, []],
    (url, token) => ({ url: `${url}?token=${token}`, headers: {} }),
  ),
];
