import { z } from 'zod';
import { jsonSchema, apiMessage as message } from '../../http/api-message.ts';
import type { ApiChannel } from '../../http/asyncapi.ts';
import { setIncludeArchived } from './instance-client.ts';
import { logQuery } from './log-client.ts';
import { messageQuery } from './message-views.ts';
import { errorCloses } from './packets.ts';

/** What the streams send as schemas, for `/asyncapi.json`; as types they stand in `packets.ts`. */

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

const type = <Name extends string>(value: Name) => z.literal(value);
const ping = message('ping', 'Keepalive, owed every 90 s', z.object({ type: type('ping') }));
const pong = message('pong', 'Answer to a ping', z.object({ type: type('pong') }));
const error = message(
  'error',
  'Why the connection is closed next',
  z.object({
    type: type('error'),
    code: z.enum(Object.keys(errorCloses)),
    message: z.string().describe('For people'),
  }),
);

/** What `/asyncapi.json` says of this dialect. */
export const streamChannels: readonly ApiChannel[] = [
  {
    id: 'instances',
    address: '/ws/instances',
    description: 'The instances of the engine, and each change',
    fromClient: [
      ping,
      message('set_include_archived', 'Shows or hides archived instances', setIncludeArchived),
    ],
    fromServer: [
      message(
        'snapshot',
        'The first frame, and wherever deltas do not do',
        z.object({ type: type('snapshot'), instances: z.array(instance), include_archived: z.boolean() }),
      ),
      message(
        'status_changed',
        'Status or pid differ',
        z.object({ type: type('status_changed'), name, status, pid, timestamp }),
      ),
      message(
        'instance_created',
        'A new instance, or a clone',
        z.object({ type: type('instance_created'), name, port, status, timestamp }),
      ),
      message(
        'instance_archived',
        'It went to the archive',
        z.object({ type: type('instance_archived'), name, timestamp }),
      ),
      message(
        'instance_unarchived',
        'It is back',
        z.object({ type: type('instance_unarchived'), ...instance.shape, archived_at: z.null(), timestamp }),
      ),
      message(
        'instance_deleted',
        'It is gone',
        z.object({ type: type('instance_deleted'), name, timestamp }),
      ),
      ...[pong, error],
    ],
  },
  {
    id: 'instanceLogs',
    address: '/ws/instances/{name}/logs',
    description: 'The log of an instance: its last lines, then each that is written',
    query: jsonSchema(logQuery),
    fromClient: [ping],
    fromServer: [
      message('backlog', 'The first frame: the last lines', z.object({ type: type('backlog'), ...lines })),
      message('lines', 'What was written since, over 100 ms', z.object({ type: type('lines'), ...lines })),
      message('rotated', 'What follows is another file, from its start', z.object({ type: type('rotated') })),
      message(
        'unavailable',
        'A link, or something else that is no regular file, has taken the place of the log; rotated follows',
        z.object({ type: type('unavailable'), reason: z.string() }),
      ),
      message(
        'skipped',
        'So many lines are left out: the client was too far behind',
        z.object({ type: type('skipped'), count: z.int().min(1) }),
      ),
      ...[pong, error],
    ],
  },
  {
    id: 'messages',
    address: '/ws/messages',
    description: 'What becomes of the messages between instances: metadata only',
    query: jsonSchema(messageQuery),
    fromClient: [ping],
    fromServer: [
      message(
        'snapshot',
        'The first frame: the last 100 events that pass the filter',
        z.object({ type: type('snapshot'), recent_events: z.array(z.object(messageMetadata)) }),
      ),
      message(
        'message_event',
        'A message has got further',
        z.object({ type: type('message_event'), ...messageMetadata }),
      ),
      ...[pong, error],
    ],
  },
];
