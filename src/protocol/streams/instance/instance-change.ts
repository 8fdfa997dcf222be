import type { InstanceDelta } from '../packets.ts';
import type { ListedInstance } from './instance.ts';

/** Whom a change concerns: who hides archived instances does not see what happens to those. */
export type Audience = 'all' | 'showsArchived' | 'hidesArchived';

/** One change of the instances, as clients are told of it. */
export interface InstanceChange {
  readonly name: string;
  /** How the instance is then; undefined: it is gone. */
  readonly instance: ListedInstance | undefined;
  readonly audience: Audience;
  /** Undefined: no delta can carry it, so that clients are sent a snapshot. */
  readonly delta: InstanceDelta | undefined;
}

/**
 * How an instance gets from what it was to what it is, in order: one change where one can say it.
 * @param timestamp ISO 8601, of all of them
 */
export function changesBetween(
  before: ListedInstance | undefined,
  after: ListedInstance | undefined,
  timestamp: string,
): InstanceChange[] {
  if (after === undefined) return before === undefined ? [] : [deletion(before, timestamp)];
  if (before === undefined) return creation(after, timestamp);
  if (before.archived_at !== null && after.archived_at === null) return unarchival(after, timestamp);
  return alterations(before, after, timestamp);
}

function deletion({ name, archived_at }: ListedInstance, timestamp: string): InstanceChange {
  return {
    name,
    instance: undefined,
    audience: archived_at === null ? 'all' : 'showsArchived',
    delta: { type: 'instance_deleted', name, timestamp },
  };
}

/** The delta has neither pid nor archived state, so further deltas follow where those are set. */
function creation(instance: ListedInstance, timestamp: string): InstanceChange[] {
  const { name, status, port, pid, archived_at } = instance;
  const of = (delta: InstanceDelta): InstanceChange => ({ ...concerning(instance), delta });
  return [
    of({ type: 'instance_created', name, port, status, timestamp }),
    ...(pid === null ? [] : [of({ type: 'status_changed', name, status, pid, timestamp })]),
    ...(archived_at === null ? [] : [of({ type: 'instance_archived', name, timestamp })]),
  ];
}

/** Clients that hide archived instances are also sent a `status_changed`. */
function unarchival(instance: ListedInstance, timestamp: string): InstanceChange[] {
  const { name, status, port, pid } = instance;
  return [
    {
      ...{ name, instance, audience: 'all' },
      delta: { type: 'instance_unarchived', name, port, status, pid, archived_at: null, timestamp },
    },
    {
      ...{ name, instance, audience: 'hidesArchived' },
      delta: { type: 'status_changed', name, status, pid, timestamp },
    },
  ];
}

function alterations(before: ListedInstance, after: ListedInstance, timestamp: string): InstanceChange[] {
  const { name, status, pid } = after;
  const changes: InstanceChange[] = [];
  let now = before;
  if (before.status !== status || before.pid !== pid) {
    now = { ...now, status, pid };
    changes.push({ ...concerning(now), delta: { type: 'status_changed', name, status, pid, timestamp } });
  }
  if (before.port !== after.port) {
    now = { ...now, port: after.port };
    changes.push({ ...concerning(now), delta: undefined });
  }
  if (before.archived_at === after.archived_at) return changes;
  const isNew = before.archived_at === null;
  const delta = isNew ? ({ type: 'instance_archived', name, timestamp } as const) : undefined;
  return [...changes, { name, instance: after, audience: isNew ? 'all' : 'showsArchived', delta }];
}

function concerning(instance: ListedInstance): Omit<InstanceChange, 'delta'> {
  return {
    name: instance.name,
    instance,
    audience: instance.archived_at === null ? 'all' : 'showsArchived',
  };
}
