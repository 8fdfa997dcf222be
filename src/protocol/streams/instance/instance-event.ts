import { z } from 'zod';
import { readInstant } from '../../../core/instant.ts';
import type { JsonObject } from '../../../core/json.ts';
import { type Instance, instanceFields } from './instance.ts';

const { name, status, port, pid, archived_at } = instanceFields;
/** When it happened, in UTC. A time that is none is as good as none. */
export const eventTime = z
  .unknown()
  .optional()
  .transform((value) => readInstant(value)?.text);
const common = { name, timestamp: eventTime };

/** What the engine publishes on `instance_events`: the shapes of the deltas. */
export const instanceEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('status_changed'), ...common, status, pid: pid.default(null) }),
  z.object({ type: z.literal('instance_created'), ...common, status, port, pid: pid.default(null) }),
  z.object({ type: z.literal('instance_archived'), ...common, archived_at: archived_at.optional() }),
  z.object({
    type: z.literal('instance_unarchived'),
    ...common,
    status: status.optional(),
    port: port.optional(),
    pid: pid.optional(),
  }),
  z.object({ type: z.literal('instance_deleted'), ...common }),
]);
export type InstanceEvent = z.infer<typeof instanceEvent>;

/**
 * What an event sets of its instance; null: the instance is gone. Undefined for an event that says nothing which
 * can be used: it is about an instance that is not known, or creates one that is.
 *
 * @param timestamp taken for the time of archiving, where the event gives none
 */
export function patchOf(
  event: InstanceEvent,
  known: Instance | undefined,
  timestamp: string,
): JsonObject | null | undefined {
  if ((known === undefined) !== (event.type === 'instance_created')) return completing(event, known);
  switch (event.type) {
    case 'status_changed':
      return { status: event.status, pid: event.pid };
    case 'instance_created':
      return { status: event.status, port: event.port, pid: event.pid, archived_at: null };
    case 'instance_archived':
      return { archived_at: event.archived_at ?? known?.archived_at ?? timestamp };
    case 'instance_unarchived':
      return { ...given(event), archived_at: null };
    case 'instance_deleted':
      return null;
  }
}

/** One that comes back from the archive may be new to us, and say all there is to know. */
function completing(event: InstanceEvent, known: Instance | undefined): JsonObject | undefined {
  if (known !== undefined || event.type !== 'instance_unarchived') return undefined;
  if (event.status === undefined || event.port === undefined) return undefined;
  return { ...given(event), archived_at: null };
}

function given(event: Extract<InstanceEvent, { type: 'instance_unarchived' }>): JsonObject {
  return {
    ...(event.status === undefined ? {} : { status: event.status }),
    ...(event.port === undefined ? {} : { port: event.port }),
    ...(event.pid === undefined ? {} : { pid: event.pid }),
  };
}
