import { z } from 'zod';
import type { Close } from '../../deliver/closes.ts';
import { Message } from '../../encode/message.ts';
import type { MessageKinds, MessageOf } from '../../serve/endpoint.ts';

/** The packets from and to clients. Each is declared once, as a schema from which its type is inferred. */

/** Closes that follow an error packet: 4000 plus the matching HTTP status. */
const badParameters: Close = { code: 4400, reason: 'badParameters' };
const unknownName: Close = { code: 4404, reason: 'unknownName' };
const unavailable: Close = { code: 4500, reason: 'unavailable' };

/** Why a client is sent away: the `code` of the error packet, and the close that follows it. */
export const errorCloses = {
  /** A value in the query of the connection. */
  bad_request: badParameters,
  /** A frame of the client. */
  invalid_frame: { code: 1008, reason: 'badInput' },
  instance_not_found: unknownName,
  /** A link or a folder stands in the place of the log. */
  log_not_a_file: unknownName,
  /** The engine has never answered. */
  engine_unavailable: unavailable,
  /** No `INSTANCE_LOG_DIR`. */
  logs_unavailable: unavailable,
  /** Too many logs or filters are in use. */
  limit: unavailable,
} as const satisfies Record<string, Close>;
export type ErrorCode = keyof typeof errorCloses;

const name = z.string().describe('Name of the instance');
const status = z.string().describe('As the engine words it, such as running');
const port = z.int().nullable();
const pid = z.int().nullable();
const archivedAt = z.iso.datetime().nullable();
const timestamp = z.iso.datetime().describe('When it happened');
const instance = z.object({ name, status, port, pid, archived_at: archivedAt });
const lines = { lines: z.array(z.string()), count: z.int().min(0).describe('How many lines these are') };
const messageMetadata = z.object({
  message_id: z.string(),
  event: z.string().describe('What has become of the message, such as delivered'),
  from: z.string(),
  to: z.string(),
  message_type: z.string(),
  detail: z.string().nullable(),
  timestamp,
});
/** What clients are told of a message: nothing else of it is kept. */
export type MessageMetadata = Readonly<z.infer<typeof messageMetadata>>;

/** A kind of message by the fields that it has besides its type. */
const kind = <Name extends string, Fields extends z.ZodRawShape>(
  name: Name,
  summary: string,
  fields: Fields,
) => ({
  summary,
  schema: z.object({ type: z.literal(name), ...fields }),
});

const ping = kind('ping', 'Keepalive, owed every 90 s', {});
const always = {
  pong: kind('pong', 'Answer to a ping', {}),
  error: kind('error', 'Why the connection is closed next', {
    code: z.enum(Object.keys(errorCloses) as ErrorCode[]),
    message: z.string().describe('For people'),
  }),
};

/** What clients of each stream may say. */
export const streamsHear = { ping };

export const instancesHear = {
  ping,
  set_include_archived: {
    summary: 'Shows or hides archived instances',
    schema: z
      .object({ type: z.literal('set_include_archived'), value: z.boolean() })
      .describe('Whether archived instances are shown, from a new snapshot on'),
  },
};

/** What happened to an instance. `timestamp`: when the engine says it did, or the gateway saw it. */
const instanceDeltas = {
  status_changed: kind('status_changed', 'Status or pid differ', { name, status, pid, timestamp }),
  instance_created: kind('instance_created', 'A new instance, or a clone', { name, port, status, timestamp }),
  instance_archived: kind('instance_archived', 'It went to the archive', { name, timestamp }),
  instance_unarchived: kind('instance_unarchived', 'It is back', {
    ...instance.shape,
    archived_at: z.null(),
    timestamp,
  }),
  instance_deleted: kind('instance_deleted', 'It is gone', { name, timestamp }),
};
export type InstanceDelta = MessageOf<typeof instanceDeltas>;

export const instancesTell = {
  snapshot: kind('snapshot', 'The first frame, and wherever deltas do not do', {
    instances: z.array(instance),
    include_archived: z.boolean(),
  }),
  ...instanceDeltas,
  ...always,
} satisfies MessageKinds;

export const logsTell = {
  backlog: kind('backlog', 'The first frame: the last lines', lines),
  lines: kind('lines', 'What was written since, over 100 ms', lines),
  rotated: kind('rotated', 'What follows is another file, from its start', {}),
  unavailable: kind(
    'unavailable',
    'A link, or something else that is no regular file, has taken the place of the log; rotated follows',
    { reason: z.string() },
  ),
  skipped: kind('skipped', 'So many lines are left out: the client was too far behind', {
    count: z.int().min(1),
  }),
  ...always,
} satisfies MessageKinds;

export const messagesTell = {
  snapshot: kind('snapshot', 'The first frame: the last 100 events that pass the filter', {
    recent_events: z.array(messageMetadata),
  }),
  message_event: kind('message_event', 'A message has got further', messageMetadata.shape),
  ...always,
} satisfies MessageKinds;

/** What the clients of this dialect are sent, as JSON. */
export type StreamPacket =
  | MessageOf<typeof instancesTell>
  | MessageOf<typeof logsTell>
  | MessageOf<typeof messagesTell>;

export function streamMessage(packet: StreamPacket): Message {
  return new Message(packet);
}
