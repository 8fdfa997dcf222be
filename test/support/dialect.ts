import { isJsonObject } from '../../src/core/json.ts';
import type { EventBus } from '../../src/source/events.ts';
import type { Packet, TestClient } from './client.ts';
import { listed, startInstanceEngine } from './instance-engine.ts';
import { useLogFolder } from './stream-files.ts';
import { type TestScope, useIn } from './wait.ts';

/** What the conformance suite must know of a dialect to ask of it what every dialect owes. */
export interface DialectUnderTest {
  readonly name: string;
  readonly path: string;
  /** Type of the first frame of a connection. */
  readonly firstType: string;
  /** Type of the frame that greets each connection once. */
  readonly greetingType: string;
  /** A message that is answered, and whether a packet is the answer. */
  readonly keepalive: { readonly say: string; isAnswer(packet: Packet): boolean };
  /** Messages that are ignored, the connection staying open. */
  readonly ignored: readonly (string | Buffer)[];
  /** Messages that end the connection with 1008, after a frame of the type `error`. Default: none does. */
  readonly refused?: readonly (string | Buffer)[];
  /** Largest message taken, in bytes. */
  readonly maxMessageBytes: number;
  readonly closeCodes: {
    readonly shutdown: number;
    /** Undefined: no client is closed for being slow. */
    readonly slow: number | undefined;
    readonly oversize: number;
    readonly tokenExpired: number;
    /** Of a client that sends no message, in a dialect which does not ping. Undefined: it pings. */
    readonly idle?: number;
  };
  /** Updates that a client may lack and still be sent each of them. */
  readonly maxBehind: number;
  /** Sends every client an update of about `bytes`, marked with `mark`. */
  update(events: EventBus, mark: number, bytes: number): void;
  markOf(packet: Packet): unknown;
  /** Starts what it needs besides a gateway. Default: nothing. */
  surround?(test: TestScope): Promise<Surroundings>;
}

export interface Surroundings {
  /** Of the gateway. */
  readonly settings: Readonly<Record<string, string>>;
  /** In the place of the dialect's own. */
  readonly update?: DialectUnderTest['update'];
}

const telemetry = (path: string, options = ''): DialectUnderTest => ({
  name: 'telemetry',
  path: `${path}${options}`,
  firstType: 'WELCOME',
  greetingType: 'WELCOME',
  keepalive: {
    say: '{"type":"PING","t":7}',
    isAnswer: ({ type, body }) => type === 'PONG' && body.t === 7,
  },
  ignored: ['', '{', '[1]', 'null', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"PING","t":7}')],
  maxMessageBytes: 16 * 1024,
  closeCodes: { shutdown: 1001, slow: 1013, oversize: 1009, tokenExpired: 4401 },
  maxBehind: 0,
  update: (events, mark, bytes) =>
    events.publish('state_update', JSON.stringify({ mark, padding: `${mark} `.repeat(bytes / 4) })),
  markOf: ({ data, body: { patch } }) => (isJsonObject(patch) ? patch.mark : data.mark),
});

const diagnostics: DialectUnderTest = {
  name: 'diagnostics',
  path: '/ws/diagnostics',
  firstType: 'telemetry',
  greetingType: 'logs',
  keepalive: { say: '{"type":"ping"}', isAnswer: ({ type }) => type === 'pong' },
  ignored: [
    '',
    '{',
    '[1]',
    'null',
    '{"type":"subscribe"}',
    '{"type":"NO_SUCH_TYPE"}',
    Buffer.from('{"type":"ping"}'),
  ],
  maxMessageBytes: 64 * 1024,
  closeCodes: { shutdown: 1001, slow: undefined, oversize: 1009, tokenExpired: 4401 },
  maxBehind: 100,
  update: (events, mark, bytes) =>
    events.publish(
      'diagnostics:graph_update',
      JSON.stringify({
        update_type: 'entity_updated',
        entity_id: 'entity-1',
        details: { mark, padding: `${mark} `.repeat(bytes / 4) },
      }),
    ),
  markOf: ({ data: { details } }) => (isJsonObject(details) ? details.mark : undefined),
};

const streams = {
  name: 'streams',
  keepalive: { say: '{"type":"ping"}', isAnswer: ({ type }: Packet) => type === 'pong' },
  ignored: [],
  refused: ['', '{', '[1]', 'null', '{}', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"ping"}')],
  maxMessageBytes: 64 * 1024,
  closeCodes: { shutdown: 1001, slow: 1013, oversize: 1009, tokenExpired: 4401, idle: 1001 },
} as const;

/** An engine that says once which instances there are: what changes then, events say. */
async function sayOnce(test: TestScope): Promise<Surroundings> {
  const engine = await useIn(test, startInstanceEngine([listed('a')], { once: true }));
  return { settings: { ENGINE_URL: engine.url } };
}

/** Publishes a series of events of about `bytes` together, the last of which is `at(undefined)`. */
function publishSeries(
  events: EventBus,
  channel: string,
  bytes: number,
  at: (index: number | undefined) => object,
): void {
  for (let index = 0, sent = 0; sent < bytes; index += 1) {
    const text = JSON.stringify(at(index));
    events.publish(channel, text);
    sent += text.length;
  }
  events.publish(channel, JSON.stringify(at(undefined)));
}

/** From here on a pid is none. */
const noMark = 1_000_000;

const instances: DialectUnderTest = {
  ...streams,
  path: '/ws/instances',
  firstType: 'snapshot',
  greetingType: 'snapshot',
  maxBehind: 2,
  update: (events, mark, bytes) =>
    publishSeries(events, 'instance_events', bytes, (index) => {
      const pid = index === undefined ? mark : noMark + (index % 2);
      return { type: 'status_changed', name: 'a', status: 'x'.repeat(64), pid };
    }),
  markOf({ body }) {
    const pid = Number(body.pid ?? Object(body.instances)[0]?.pid);
    return pid < noMark ? pid : undefined;
  },
  surround: sayOnce,
};

const instanceLog: DialectUnderTest = {
  ...streams,
  path: '/ws/instances/a/logs',
  firstType: 'backlog',
  greetingType: 'backlog',
  maxBehind: 0,
  update: () => {},
  markOf: ({ body: { lines } }) => Number.parseInt(Object(lines).at?.(-1), 10),
  async surround(test) {
    const { settings } = await sayOnce(test);
    const folder = useLogFolder(test);
    return {
      settings: { ...settings, INSTANCE_LOG_DIR: folder.directory },
      update: (_events, mark, bytes) => folder.append('a', `${`${mark} `.padEnd(bytes)}\n`),
    };
  },
};

const messages: DialectUnderTest = {
  ...streams,
  path: '/ws/messages',
  firstType: 'snapshot',
  greetingType: 'snapshot',
  maxBehind: 30,
  update: (events, mark, bytes) =>
    publishSeries(events, 'message_events', bytes, (index) => ({
      ...{
        message_id: index === undefined ? `${mark}` : 'x',
        event: 'sent',
        from: 'a',
        to: 'b',
        message_type: 't',
      },
      detail: 'x'.repeat(4000),
    })),
  markOf: ({ body: { message_id, recent_events } }) =>
    Number(message_id ?? Object(recent_events).at?.(-1)?.message_id),
};

export const dialects: readonly DialectUnderTest[] = [
  telemetry('/'),
  telemetry('/ws/stream'),
  telemetry('/', '?mode=delta'),
  telemetry('/ws/stream', '?mode=delta&encoding=msgpack&interval=50'),
  diagnostics,
  instances,
  instanceLog,
  messages,
];

/** Proves that a connection is alive and read. */
export async function proveAlive(client: TestClient, { keepalive }: DialectUnderTest): Promise<void> {
  client.socket.send(keepalive.say);
  await client.next(keepalive.isAnswer);
}
