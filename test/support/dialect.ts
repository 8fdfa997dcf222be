import { isJsonObject } from '../../src/core/json.ts';
import type { EventBus } from '../../src/source/events.ts';
import type { Packet, TestClient } from './client.ts';

/** What the conformance suite must know of a dialect to ask of it what every dialect owes. */
export interface DialectUnderTest {
  readonly name: string;
  readonly path: string;
  /** Type of the first frame of a connection. */
  readonly firstType: string;
  /** A message that is answered, and whether a packet is the answer. */
  readonly keepalive: { readonly say: string; isAnswer(packet: Packet): boolean };
  /** Messages that are ignored, the connection staying open. */
  readonly ignored: readonly (string | Buffer)[];
  /** Largest message taken, in bytes. */
  readonly maxMessageBytes: number;
  readonly closeCodes: { readonly shutdown: number; readonly slow: number; readonly oversize: number };
  /** Sends every client an update of about `bytes`, marked with `mark`. */
  update(events: EventBus, mark: number, bytes: number): void;
  markOf(packet: Packet): unknown;
}

const telemetry = (path: string, options = ''): DialectUnderTest => ({
  name: 'telemetry',
  path: `${path}${options}`,
  firstType: 'WELCOME',
  keepalive: {
    say: '{"type":"PING","t":7}',
    isAnswer: ({ type, body }) => type === 'PONG' && body.t === 7,
  },
  ignored: ['', '{', '[1]', 'null', '{"type":"NO_SUCH_TYPE"}', Buffer.from('{"type":"PING","t":7}')],
  maxMessageBytes: 16 * 1024,
  closeCodes: { shutdown: 1001, slow: 1013, oversize: 1009 },
  update: (events, mark, bytes) =>
    events.publish('state_update', JSON.stringify({ mark, padding: `${mark} `.repeat(bytes / 4) })),
  markOf: ({ data, body: { patch } }) => (isJsonObject(patch) ? patch.mark : data.mark),
});

export const dialects: readonly DialectUnderTest[] = [
  telemetry('/'),
  telemetry('/ws/stream'),
  telemetry('/', '?mode=delta'),
  telemetry('/ws/stream', '?mode=delta&encoding=msgpack&interval=50'),
];

/** Proves that a connection is alive and read. */
export async function proveAlive(client: TestClient, { keepalive }: DialectUnderTest): Promise<void> {
  client.socket.send(keepalive.say);
  await client.next(keepalive.isAnswer);
}
