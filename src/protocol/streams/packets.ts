import type { CloseCause } from '../../core/errors.ts';
import { textFrame } from '../../encode/frame.ts';
import { Message } from '../../encode/message.ts';
import type { Packet } from '../../encode/rendition.ts';
import type { Instance } from './instance.ts';
import type { MessageMetadata } from './message-event.ts';

/** What happened to an instance. `timestamp`: ISO 8601 in UTC, when the engine says it did, or the gateway saw it. */
export type InstanceDelta = { readonly timestamp: string } & (
  | ({ readonly type: 'status_changed' } & Pick<Instance, 'name' | 'status' | 'pid'>)
  | ({ readonly type: 'instance_created' } & Pick<Instance, 'name' | 'port' | 'status'>)
  | ({ readonly type: 'instance_archived' } & Pick<Instance, 'name'>)
  | ({ readonly type: 'instance_unarchived' } & Instance)
  | ({ readonly type: 'instance_deleted' } & Pick<Instance, 'name'>)
);

/** What the clients of this dialect are sent: JSON text frames. */
export type ServerFrame =
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

/** Why a client is sent away: the `code` of the error frame, and the cause of the close that follows it. */
export const errorCauses = {
  /** A value in the query of the connection. */
  bad_request: 'badParameters',
  /** A frame of the client. */
  invalid_frame: 'badInput',
  instance_not_found: 'unknownName',
  /** A link or a folder stands in the place of the log. */
  log_not_a_file: 'unknownName',
  /** The engine has never answered. */
  engine_unavailable: 'unavailable',
  /** No `INSTANCE_LOG_DIR`. */
  logs_unavailable: 'unavailable',
  /** Too many logs or filters are in use. */
  limit: 'unavailable',
} as const satisfies Record<string, CloseCause>;
export type ErrorCode = keyof typeof errorCauses;

export function toPacket(frame: ServerFrame): Packet {
  return { type: frame.type, message: new Message(textFrame(JSON.stringify(frame))) };
}

/**
 * A packet that is made once for each version of what it shows, however many are sent it.
 * @param version any number that is another one after each change
 */
export function sharedPacket(version: () => number, make: () => ServerFrame): () => Packet {
  let made: { readonly version: number; readonly packet: Packet } | undefined;
  return () => {
    const now = version();
    if (made?.version !== now) made = { version: now, packet: toPacket(make()) };
    return made.packet;
  };
}
