import { z } from 'zod';
import type { MessageKind, MessageKinds } from '../../serve/endpoint.ts';
import { errorCloses } from './packets.ts';

/** What the streams hear and send, as schemas; as types what they send stands in `packets.ts`. */

const name = z.string().describe('Name of the instance');
const status = z.string().describe('As the engine words it, such as running');
const port = z.int().nullable();
const pid = z.int().nullable();
const archivedAt = z.iso.datetime().nullable();
const timestamp = z.iso.datetime().describe('When it happened');
const instance = z.object({ name, status, port, pid, archived_at: archivedAt });
const lines = { lines: z.array(z.string()), count: z.int().min(0).describe('How many lines these are') };
const messageMetadata = {
  message_id: z.string(),
  event: z.string().describe('What has become of the message, such as delivered'),
  from: z.string(),
  to: z.string(),
  message_type: z.string(),
  detail: z.string().nullable(),
  timestamp,
};

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
const pong = kind('pong', 'Answer to a ping', {});
const error: MessageKind = kind('error', 'Why the connection is closed next', {
  code: z.enum(Object.keys(errorCloses)),
  message: z.string().describe('For people'),
});

/** What clients of each stream may say. */
export const hears = { ping };

export const instancesHear = {
  ping,
  set_include_archived: {
    summary: 'Shows or hides archived instances',
    schema: z
      .object({ type: z.literal('set_include_archived'), value: z.boolean() })
      .describe('Whether archived instances are shown, from a new snapshot on'),
  },
};

export const instancesTell: MessageKinds = {
  snapshot: kind('snapshot', 'The first frame, and wherever deltas do not do', {
    instances: z.array(instance),
    include_archived: z.boolean(),
  }),
  status_changed: kind('status_changed', 'Status or pid differ', { name, status, pid, timestamp }),
  instance_created: kind('instance_created', 'A new instance, or a clone', { name, port, status, timestamp }),
  instance_archived: kind('instance_archived', 'It went to the archive', { name, timestamp }),
  instance_unarchived: kind('instance_unarchived', 'It is back', {
    ...instance.shape,
    archived_at: z.null(),
    timestamp,
  }),
  instance_deleted: kind('instance_deleted', 'It is gone', { name, timestamp }),
  ...{ pong, error },
};

export const logsTell: MessageKinds = {
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
  ...{ pong, error },
};

export const messagesTell: MessageKinds = {
  snapshot: kind('snapshot', 'The first frame: the last 100 events that pass the filter', {
    recent_events: z.array(z.object(messageMetadata)),
  }),
  message_event: kind('message_event', 'A message has got further', messageMetadata),
  ...{ pong, error },
};
