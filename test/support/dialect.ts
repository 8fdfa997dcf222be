import { Gateway } from '../../src/app.ts';
import { type MessageLimits, messageDefaults } from '../../src/deliver/incoming.ts';
import { dialects } from '../../src/dialects.ts';
import type { Served } from '../../src/serve/serve.ts';
import { largestMessageBytes } from '../../src/serve/service.ts';
import { loadSettings } from '../../src/settings.ts';
import type { TestClient } from './client.ts';
import { example } from './example-dialect.ts';
import { nowhere } from './gateway.ts';
import { type Manners, mannersAt } from './manners.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';

/** Those that are built in, and one that shows how little a dialect is. */
export const everyDialect = [...dialects, example];

/** An endpoint, and how it is talked to. */
export interface EndpointUnderTest extends Required<Omit<Manners, 'queries' | 'surround' | 'refused'>> {
  /** Of the dialect. */
  readonly name: string;
  readonly refused: Manners['refused'];
  readonly surround: Manners['surround'];
  readonly maxMessageBytes: number;
  /** Of one client. */
  readonly messages: MessageLimits;
  /** Undefined: no client is closed for that. */
  readonly closeCodes: Readonly<Record<'shutdown' | 'tokenExpired' | 'oversize', number>> &
    Readonly<Record<'slow' | 'idle', number | undefined>>;
}

function underTest({ dialect, path, endpoint }: Served): EndpointUnderTest[] {
  const manners = mannersAt[path];
  if (manners === undefined) throw new Error(`nobody says how clients of ${path} behave`);
  const { closes, keepalive, maxMessageBytes = largestMessageBytes } = endpoint;
  const { slowAfterMs = 0, idleAfterMs = Number.POSITIVE_INFINITY } = keepalive ?? {};
  const codeWhere = (afterMs: number, { code }: { readonly code: number }) =>
    Number.isFinite(afterMs) ? code : undefined;
  const closeCodes = {
    shutdown: closes.shutdown.code,
    tokenExpired: closes.tokenExpired.code,
    oversize: 1009,
    slow: codeWhere(slowAfterMs, closes.slow),
    idle: codeWhere(idleAfterMs, closes.idle),
  };
  const { queries = [''], greetingType = manners.firstType, ignored = [], maxBehind = 0 } = manners;
  const { refused, surround } = manners;
  const messages = endpoint.limits?.messages ?? messageDefaults;
  return queries.map((query) => ({
    ...manners,
    ...{ name: dialect, greetingType, ignored, maxBehind, refused, surround },
    ...{ maxMessageBytes, messages, closeCodes },
    path: `${manners.path ?? path}${query}`,
  }));
}

/** All that a gateway serves which has every dialect. */
const { served } = new Gateway({
  settings: { ...loadSettings({ env: {} }), ENGINE_URL: nowhere },
  log: createMemoryLog(),
  clock: createManualClock(),
  dialects: everyDialect,
});
const endpointsOver = (kind: Served['transport']) =>
  served.filter(({ transport }) => transport === kind).flatMap(underTest);

export const endpoints = endpointsOver('websocket');
/** Where only the gateway speaks. */
export const streamEndpoints = endpointsOver('event-stream');

/** Proves that a connection is alive and read. */
export async function proveAlive(
  client: TestClient,
  { keepalive }: Pick<Manners, 'keepalive'>,
): Promise<void> {
  client.socket.send(keepalive.say);
  await client.next(keepalive.isAnswer);
}
