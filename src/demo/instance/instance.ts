/** `failed`: it ended by itself. */
export type InstanceStatus = 'running' | 'stopped' | 'failed';

/** One agent under the engine's control, as `GET /api/instances` shows it. */
export interface Instance {
  /** `^[A-Za-z0-9._-]{1,64}$`. */
  name: string;
  status: InstanceStatus;
  port: number;
  /** Null unless it runs. */
  pid: number | null;
  /** ISO 8601; null unless it is archived. */
  archived_at: string | null;
}

/** What the engine announces on the channel `instance_events`; `timestamp` is ISO 8601. */
export type InstanceEvent = { timestamp: string } & (
  | ({ type: 'status_changed' } & Pick<Instance, 'name' | 'status' | 'pid'>)
  | ({ type: 'instance_created' } & Pick<Instance, 'name' | 'port' | 'status'>)
  | ({ type: 'instance_archived' } & Pick<Instance, 'name'>)
  | ({ type: 'instance_unarchived' } & Instance)
  | ({ type: 'instance_deleted' } & Pick<Instance, 'name'>)
);

/** Whether it was done. Where not, nothing has changed. */
export type Outcome =
  | { ok: true; instance: Instance }
  | { ok: false; reason: 'bad-name' | 'unknown' | 'conflict'; message: string };

/** `.` and `..` would fit the pattern, but stand for folders in paths. */
export function isInstanceName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) && name !== '.' && name !== '..';
}
