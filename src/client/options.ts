import { type Clock, systemClock } from '../core/clock.ts';
import { platform } from './platform.ts';
import { badOption } from './telemetry-error.ts';
import type {
  Codec,
  Fetch,
  TelemetryClientOptions,
  Timing,
  TokenProvider,
  WebSocketConstructor,
} from './types.ts';

const timingDefaults: Omit<Timing, 'staleMs'> = {
  heartbeatMs: 25_000,
  silenceMs: 75_000,
  connectMs: 10_000,
  backoffMs: 1000,
  backoffMaxMs: 30_000,
  steadyMs: 5000,
  pollMs: 1000,
  tokenMarginMs: 60_000,
  answerMs: 10_000,
};

/** It is asked three times within it, and the gateway does not take any number of messages. */
const leastMaxAgeMs = 500;

/** All but the view, with everything decided that can be decided beforehand. */
export interface ClientSettings {
  /** http or https, its path ending with a slash. */
  readonly base: URL;
  readonly token: string | TokenProvider | undefined;
  readonly codec: Codec | undefined;
  /** None: there is none, or it is not wanted. */
  readonly WebSocket: WebSocketConstructor | null | undefined;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Infinity: no limit. */
  readonly maxAgeMs: number;
  /** `staleMs` undefined: it depends on the view. */
  readonly timing: Omit<Timing, 'staleMs'> & Partial<Timing>;
}

/** @throws TelemetryError where the URL leads to no gateway, TypeError where it is none */
export function readOptions(options: TelemetryClientOptions): ClientSettings {
  // Looked up now: an application may have put one there. And called on the global object, as browsers demand.
  const platformFetch: Fetch | undefined = platform.fetch && ((url, init) => globalThis.fetch(url, init));
  const {
    url,
    token,
    codec,
    maxAgeMs = Infinity,
    WebSocket = platform.WebSocket,
    fetch = platformFetch,
    clock = systemClock,
    random = Math.random,
  } = options;
  if (!(maxAgeMs >= leastMaxAgeMs)) throw badOption(`maxAgeMs: ${leastMaxAgeMs} ms at least`);
  const timing = { ...timingDefaults, ...options.timing };
  // One answer may be late, and all is well.
  timing.heartbeatMs = Math.min(timing.heartbeatMs, maxAgeMs / 3);
  timing.pollMs = Math.min(timing.pollMs, maxAgeMs / 3);
  return { base: readBase(url), token, codec, WebSocket, fetch, clock, random, maxAgeMs, timing };
}

/** @throws TelemetryError where it leads to no gateway, TypeError where it is no URL */
export function readBase(url: string | URL): URL {
  const base = new URL(url, platform.document?.baseURI);
  if (!/^(ws|http)s?:$/.test(base.protocol + base.search)) {
    throw badOption('url: expected ws(s):// or http(s)://, no query');
  }
  base.protocol = base.protocol.replace('ws', 'http');
  base.pathname = base.pathname.replace(/(\/ws\/stream)?\/?$/, '/');
  return base;
}
