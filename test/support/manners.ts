import { isJsonObject } from '../../src/core/json.ts';
import type { MemoryEvents } from '../../src/source/events.ts';
import type { Packet } from './client.ts';
import { listed, startInstanceEngine } from './instance-engine.ts';
import { snapshotOf, startMetricsEngine } from './metrics-engine.ts';
import { useLogFolder } from './stream-files.ts';
import { type TestScope, useIn } from './wait.ts';

/** What the conformance suite must know of a dialect that its endpoint does not state. */
export interface Manners {
  /** Options with which the endpoint is tried. Default: none. */
  readonly queries?: readonly string[];
  /** Type of the first frame of a connection. */
  readonly firstType: string;
  /** Type of the frame that greets each connection once. Default: the first. */
  readonly greetingType?: string;
  /** Where the endpoint's path has names in it. */
  readonly path?: string;
  /** A message after which updates come. Default: they come by themselves. */
  readonly begins?: string;
  /** A message that is answered, and whether a packet is the answer. */
  readonly keepalive: { readonly say: string; isAnswer(packet: Packet): boolean };
  /** Messages that are ignored, the connection staying open. Default: none are. */
  readonly ignored?: readonly (string | Buffer)[];
  /** Messages that end the connection with 1008, after a frame of the type `error`. Default: none does. */
  readonly refused?: readonly (string | Buffer)[];
  /** Updates that a client may lack and still be sent each of them. Default: none. */
  readonly maxBehind?: number;
  /** Of what `update` can be asked for. Default 200,000. */
  readonly largestUpdateBytes?: number;
  /** Sends every client an update of about `bytes`, marked with `mark`. */
  update(events: MemoryEvents, mark: number, bytes: number): void;
  markOf(packet: Packet): unknown;
  /** Starts what it needs besides a gateway. Default: nothing. */
  surround?(test: TestScope): Promise<Surroundings>;
}

export interface Surroundings {
  /** Of the gateway. */
  readonly settings: Readonly<Record<string, string>>;
  /** In the place of the dialect's own. */
  readonly update?: Manners['update'];
}

const telemetry = (...queries: readonly string[]): Manners => ({
  queries,
  firstType: 'WELCOME',
  keepalive: {
    say: '{"type":"PING","t":7}',
    isAnswer: ({ type, body }) => type === 'PONG' && body.t === 7,
  },
  ignored: ['', '{', '[1]', 'null', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"PING","t":7}')],
  update: (events, mark, bytes) =>
    events.publish('state_update', JSON.stringify({ mark, padding: `${mark} `.repeat(bytes / 4) })),
  markOf: ({ data, body: { patch } }) => (isJsonObject(patch) ? patch.mark : data.mark),
});

const diagnostics: Manners = {
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
  keepalive: { say: '{"type":"ping"}', isAnswer: ({ type }: Packet) => type === 'pong' },
  refused: ['', '{', '[1]', 'null', '{}', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"ping"}')],
} as const;

/** An engine that says once which instances there are: what changes then, events say. */
async function sayOnce(test: TestScope): Promise<Surroundings> {
  const engine = await useIn(test, startInstanceEngine([listed('a')], { once: true }));
  return { settings: { ENGINE_URL: engine.url } };
}

/** Publishes a series of events of about `bytes` together, the last of which is `at(undefined)`. */
function publishSeries(
  events: MemoryEvents,
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

const instances: Manners = {
  ...streams,
  firstType: 'snapshot',
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

const instanceLog: Manners = {
  ...streams,
  path: '/ws/instances/a/logs',
  firstType: 'backlog',
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

const messages: Manners = {
  ...streams,
  firstType: 'snapshot',
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

/** Snapshots have no type: the engine says which is the first one. Nothing is heard there. */
const metricsStream: Manners = {
  queries: ['?interval=1'],
  // Few of them, as they come once a second.
  largestUpdateBytes: 1_600_000,
  firstType: 'first',
  keepalive: { say: '', isAnswer: () => false },
  update: () => {},
  markOf: ({ body }) => body.mark,
  async surround(test) {
    const engine = await useIn(test, startMetricsEngine({ snapshot: { ...snapshotOf(0), type: 'first' } }));
    return {
      settings: { ENGINE_URL: engine.url },
      update: (_events, mark, bytes) =>
        engine.set({ snapshot: { ...snapshotOf(mark), mark, padding: `${mark} `.repeat(bytes / 4) } }),
    };
  },
};

const metricsEvents: Manners = {
  ...metricsStream,
  queries: [''],
  firstType: 'connected',
  begins: '{"type":"subscribe","payload":{"update_interval":1}}',
  keepalive: {
    say: '{"type":"set_interval","payload":{"interval":1}}',
    isAnswer: ({ type }) => type === 'interval_updated',
  },
};

const exampleManners: Manners = {
  firstType: 'welcome',
  keepalive: { say: '{"type":"ping"}', isAnswer: ({ type }) => type === 'pong' },
  ignored: ['', '{', '[1]', 'null', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"ping"}')],
  update: (events, mark, bytes) =>
    events.publish('example', JSON.stringify({ mark, padding: `${mark} `.repeat(bytes / 4) })),
  markOf: ({ data }) => data.mark,
};

/** By the paths of the endpoints, of which none may be left out. */
export const mannersAt: Readonly<Record<string, Manners>> = {
  '/': telemetry('', '?mode=delta'),
  '/ws/stream': telemetry('', '?mode=delta&encoding=msgpack&interval=50'),
  '/api/stream/telemetry': telemetry('', '?mode=delta&interval=50'),
  '/ws/diagnostics': diagnostics,
  '/ws/instances': instances,
  '/ws/instances/:name/logs': instanceLog,
  '/ws/messages': messages,
  '/socket.io/': metricsEvents,
  '/api/stream/metrics': metricsStream,
  '/ws/example': exampleManners,
  '/example-io/': exampleManners,
  '/api/stream/example': exampleManners,
};
