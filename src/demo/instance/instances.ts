import { type Clock, isoTime } from '../../core/clock.ts';
import { Random } from '../random.ts';

/** `failed`: it ended by itself. */
type InstanceStatus = 'running' | 'stopped' | 'failed';

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

/** Anybody who reaches the engine may create them. */
const maxInstances = 64;
const firstPort = 18_801;
const archivedAgoMs = 3 * 86_400_000;

/**
 * The engine's instances and what can be done to them. Every change is told to the listeners, once it is made.
 * At first: `agent-1` to `agent-4` running, `agent-5` stopped, `agent-6` archived.
 */
export class Instances {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #instances = new Map<string, Instance>();
  readonly #listeners = new Set<(event: InstanceEvent) => void>();

  constructor(seed: number, clock: Clock) {
    this.#clock = clock;
    this.#random = new Random(seed, 'instances');
    for (let number = 1; number <= 6; number += 1) {
      const instance = this.#add(`agent-${number}`, this.#freePort());
      if (number <= 4) this.#run(instance);
      if (number === 6) instance.archived_at = isoTime(clock.now() - archivedAgoMs);
    }
  }

  /** Copies, in the order they were created. */
  list(includeArchived: boolean): Instance[] {
    return [...this.#instances.values()]
      .filter((instance) => includeArchived || instance.archived_at === null)
      .map((instance) => ({ ...instance }));
  }

  /** A copy. */
  find(name: string): Instance | undefined {
    const instance = this.#instances.get(name);
    return instance && { ...instance };
  }

  /** A new one, stopped. Default port: the first free one from 18801. */
  create(name: string, port?: number): Outcome {
    if (!isInstanceName(name)) return refuse('bad-name', 'expected 1 to 64 letters, digits, ".", "_" or "-"');
    if (this.#instances.has(name)) return refuse('conflict', `${name} exists already`);
    if (port !== undefined && this.#isTaken(port)) return refuse('conflict', `port ${port} is taken`);
    if (this.#instances.size >= maxInstances) {
      return refuse('conflict', `there are ${maxInstances} instances; delete one first`);
    }
    const instance = this.#add(name, port ?? this.#freePort());
    this.#announce({ type: 'instance_created', name, port: instance.port, status: instance.status });
    return { ok: true, instance: { ...instance } };
  }

  /** Another one like `name`, stopped, on a port of its own. */
  clone(name: string, as: string): Outcome {
    return this.#instances.has(name) ? this.create(as) : unknownInstance(name);
  }

  start(name: string): Outcome {
    return this.#change(name, (instance) => {
      if (instance.archived_at !== null) return 'is archived';
      if (instance.status === 'running') return 'runs already';
      this.#run(instance);
      this.#announceStatus(instance);
      return undefined;
    });
  }

  stop(name: string): Outcome {
    return this.#change(name, (instance) => this.#end(instance, 'stopped'));
  }

  /** Running as before, with another pid. */
  restart(name: string): Outcome {
    return this.#change(name, (instance) => {
      if (instance.status !== 'running') return 'does not run';
      const { pid } = instance;
      while (instance.pid === pid) this.#run(instance);
      this.#announceStatus(instance);
      return undefined;
    });
  }

  /** Ends a running one as a crash would. */
  fail(name: string): Outcome {
    return this.#change(name, (instance) => this.#end(instance, 'failed'));
  }

  /** One that runs is stopped first. */
  archive(name: string): Outcome {
    return this.#change(name, (instance) => {
      if (instance.archived_at !== null) return 'is archived already';
      this.#end(instance, 'stopped');
      instance.archived_at = isoTime(this.#clock.now());
      this.#announce({ type: 'instance_archived', name });
      return undefined;
    });
  }

  unarchive(name: string): Outcome {
    return this.#change(name, (instance) => {
      if (instance.archived_at === null) return 'is not archived';
      instance.archived_at = null;
      this.#announce({ type: 'instance_unarchived', ...instance });
      return undefined;
    });
  }

  /** One that runs is stopped first; the outcome has it as it was last. */
  remove(name: string): Outcome {
    return this.#change(name, (instance) => {
      this.#end(instance, 'stopped');
      this.#instances.delete(name);
      this.#announce({ type: 'instance_deleted', name });
      return undefined;
    });
  }

  /** Returns the way to stop listening. */
  subscribe(listener: (event: InstanceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does what `change` does, unless it returns why it cannot be done. */
  #change(name: string, change: (instance: Instance) => string | undefined): Outcome {
    const instance = this.#instances.get(name);
    if (instance === undefined) return unknownInstance(name);
    const obstacle = change(instance);
    return obstacle === undefined
      ? { ok: true, instance: { ...instance } }
      : refuse('conflict', `${name} ${obstacle}`);
  }

  #add(name: string, port: number): Instance {
    const instance: Instance = { name, status: 'stopped', port, pid: null, archived_at: null };
    this.#instances.set(name, instance);
    return instance;
  }

  #run(instance: Instance): void {
    instance.status = 'running';
    instance.pid = 2000 + this.#random.below(60_000);
  }

  /** Only one that runs; else says why not. */
  #end(instance: Instance, status: 'stopped' | 'failed'): string | undefined {
    if (instance.status !== 'running') return 'does not run';
    instance.status = status;
    instance.pid = null;
    this.#announceStatus(instance);
    return undefined;
  }

  #freePort(): number {
    let port = firstPort;
    while (this.#isTaken(port)) port += 1;
    return port;
  }

  #isTaken(port: number): boolean {
    return [...this.#instances.values()].some((instance) => instance.port === port);
  }

  #announceStatus({ name, status, pid }: Instance): void {
    this.#announce({ type: 'status_changed', name, status, pid });
  }

  #announce(event: WithoutTime<InstanceEvent>): void {
    const complete = { ...event, timestamp: isoTime(this.#clock.now()) };
    for (const listener of this.#listeners) listener(complete);
  }
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'timestamp'> : never;

function refuse(reason: 'bad-name' | 'unknown' | 'conflict', message: string): Outcome {
  return { ok: false, reason, message };
}

function unknownInstance(name: string): Outcome {
  return refuse('unknown', `no instance named '${name.slice(0, 64)}'`);
}
