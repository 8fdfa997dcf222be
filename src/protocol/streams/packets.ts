import type { Close } from '../../deliver/closes.ts';
import { Message } from '../../encode/message.ts';
import type { Instance } from './instance/instance.ts';
import type { MessageMetadata } from './message/message-event.ts';

/** What happened to an instance. `timestamp`: ISO 8601 in UTC, when the engine says it did, or the gateway saw it. */
export type InstanceDelta = { readonly timestamp: string } & (
  | ({ readonly type: 'status_changed' } & Pick<Instance, 'name' | 'status' | 'pid'>)
  | ({ readonly type: 'instance_created' } & Pick<Instance, 'name' | 'port' | 'status'>)
  | ({ readonly type: 'instance_archived' } & Pick<Instance, 'name'>)
  | ({ readonly type: 'instance_unarchived' } & Instance)
  | ({ readonly type: 'instance_deleted' } & Pick<Instance, 'name'>)
);

/** What the clients of this dialect are sent, as JSON. */
export type ServerPacket =
  | InstanceDelta
  | {
      readonly type: 'snapshot';
      readonly instances: readonly Instance[];
      readonly include_archived: boolean;
    }
  | { readonly type: 'snapshot'; readonly recent_events: readonly MessageMetadata[] }
  | { readonly type: 'backlog' | 'lines'; readonly lines: readonly string[]; readonly count: number }
  | { readonly type: 'rotated' }
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'skipped'; readonly count: number }
  | ({ readonly type: 'message_event' } & MessageMetadata)
  | { readonly type: 'pong' }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly message: string };

/** Of what an error packet has told: 4000 and the HTTP status that would say it. */
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

export function messageOf(packet: ServerPacket): Message {
  return new Message(packet);
}
