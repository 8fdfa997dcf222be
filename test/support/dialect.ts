import { Gateway } from '../../src/app.ts';
import { type MessageLimits, messageDefaults } from '../../src/deliver/incoming.ts';
import { dialects } from '../../src/dialects.ts';
import type { Served } from '../../src/serve/serve.ts';
import { largestMessageBytes } from '../../src/serve/service.ts';
import { loadSettings } from '../../src/settings.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import type { TestClient } from './client.ts';
import { example } from './example-dialect.ts';
import { nowhere, type StartOptions, startGateway } from './gateway.ts';
import { type Manners, mannersAt } from './manners.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { type TestScope, useIn } from './wait.ts';

/** Those that are built in, and one that shows how little a dialect is. */
const everyDialect = [...dialects, example];

/** An endpoint, and how it is talked to. */
export interface EndpointUnderTest
  extends Required<Omit<Manners, 'queries' | 'surround' | 'refused' | 'begins'>> {
  /** Of the dialect. */
  readonly name: string;
  readonly refused: Manners['refused'];
  readonly begins: Manners['begins'];
  readonly surround: Manners['surround'];
  readonly maxMessageBytes: number;
  /** Names of the options of its query. */
  readonly options: readonly string[];
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
  const { refused, surround, begins, largestUpdateBytes = 200_000 } = manners;
  const messages = endpoint.limits?.messages ?? messageDefaults;
  return queries.map((query) => ({
    ...manners,
    ...{ name: dialect, greetingType, ignored, maxBehind, largestUpdateBytes, refused, surround, begins },
    ...{ maxMessageBytes, messages, closeCodes, options: Object.keys(endpoint.query?.shape ?? {}) },
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
export const socketIoEndpoints = endpointsOver('socket.io');
/** Where only the gateway speaks. */
export const streamEndpoints = endpointsOver('event-stream');

/** A gateway with every dialect, and what makes an endpoint show updates, by their number. Nothing polls but once. */
export async function serveEveryDialect(
  test: TestScope,
  { surround, update: usual }: Pick<EndpointUnderTest, 'surround' | 'update'>,
  { settings = {}, keepalive }: Pick<StartOptions, 'settings' | 'keepalive'> = {},
) {
  const events = new MemoryEvents();
  const surroundings = await surround?.(test);
  const update = surroundings?.update ?? usual;
  const still = { MAX_RATE_HZ: '0', POLL_CRON: '0 0 * * * *' };
  const gateway = await useIn(
    test,
    startGateway({
      ...{ events, keepalive, engine: false, dialects: everyDialect },
      settings: { ...still, ...surroundings?.settings, ...settings },
    }),
  );
  return { gateway, update: (mark: number, bytes = 10) => update(events, mark, bytes) };
}

/** Proves that a connection is alive and read. */
export async function proveAlive(
  client: TestClient,
  { keepalive }: Pick<Manners, 'keepalive'>,
): Promise<void> {
  client.socket.send(keepalive.say);
  await client.next(keepalive.isAnswer);
}
