import { z } from 'zod';
import { readInstant } from '../../../core/instant.ts';
import { type JsonObject, type JsonValue, numberAsText } from '../../../core/json.ts';
import { PollFailure } from '../../../source/poll-failure.ts';
import { eventTime } from '../event-intake.ts';

/** How a text or number of an instance may be. The engine decides what they mean. */
const instanceFields = {
  name: z.preprocess(numberAsText, z.string().min(1).max(256)),
  status: z.string().min(1).max(64),
  port: z.int().min(0).max(65_535).nullable(),
  pid: z.int().min(0).nullable(),
  /** ISO 8601 in UTC, or as it stands where it is no time; null unless it is archived. */
  archived_at: z.preprocess(
    (value) => readInstant(value)?.text ?? value,
    z.string().min(1).max(64).nullable(),
  ),
};

/** What is shown of an instance: whatever else the engine says of it is left out. */
export const instanceSchema = z.object({
  ...instanceFields,
  port: instanceFields.port.default(null),
  pid: instanceFields.pid.default(null),
  archived_at: instanceFields.archived_at.default(null),
});
export type ListedInstance = z.infer<typeof instanceSchema>;

/** An engine that lists more than this is taken for one that fails. */
export const maxInstances = 10_000;

const list = z.array(instanceSchema).max(maxInstances);
const answerSchema = z.union([list, z.object({ instances: list }).transform(({ instances }) => instances)]);

/** The instances in an answer of the engine: an array, or `{instances: […]}`. Throws PollFailure for anything else. */
export function readInstances(answer: JsonValue): ListedInstance[] {
  const { success, data } = answerSchema.safeParse(answer);
  if (!success) {
    throw new PollFailure('shape', 'the answer has the wrong shape', {
      detail: `expected at most ${maxInstances} instances {name, status, port, pid, archived_at}`,
    });
  }
  return data;
}

const { name, status, port, pid, archived_at } = instanceFields;
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
export type EngineInstanceEvent = z.infer<typeof instanceEvent>;

/**
 * What an event sets of its instance; null: the instance is gone. Undefined for an event that says nothing which
 * can be used: it is about an instance that is not known, or creates one that is.
 *
 * @param timestamp taken for the time of archiving, where the event gives none
 */
export function patchOf(
  event: EngineInstanceEvent,
  known: ListedInstance | undefined,
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
function completing(event: EngineInstanceEvent, known: ListedInstance | undefined): JsonObject | undefined {
  if (known !== undefined || event.type !== 'instance_unarchived') return undefined;
  if (event.status === undefined || event.port === undefined) return undefined;
  return { ...given(event), archived_at: null };
}

function given(event: Extract<EngineInstanceEvent, { type: 'instance_unarchived' }>): JsonObject {
  return {
    ...(event.status === undefined ? {} : { status: event.status }),
    ...(event.port === undefined ? {} : { port: event.port }),
    ...(event.pid === undefined ? {} : { pid: event.pid }),
  };
}
