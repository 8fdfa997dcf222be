import { type Clock, isoTime } from '../../core/clock.ts';
import { createRandom } from '../random.ts';
import { type Instance, type InstanceEvent, isInstanceName, type Outcome } from './instance.ts';

/** The engine's instances and what can be done to them. Every change is told to the listeners, once it is made. */
export interface Instances {
  /** Copies, in the order they were created. */
  list(includeArchived: boolean): Instance[];
  find(name: string): Instance | undefined;
  /** A new one, stopped. Default port: the first free one from 18801. */
  create(name: string, port?: number): Outcome;
  /** Another one like `name`, stopped, on a port of its own. */
  clone(name: string, as: string): Outcome;
  start(name: string): Outcome;
  stop(name: string): Outcome;
  /** Running as before, with another pid. */
  restart(name: string): Outcome;
  /** Ends a running one as a crash would. */
  fail(name: string): Outcome;
  /** One that runs is stopped first. */
  archive(name: string): Outcome;
  unarchive(name: string): Outcome;
  /** One that runs is stopped first; the outcome has it as it was last. */
  remove(name: string): Outcome;
  /** Returns the way to stop listening. */
  subscribe(listener: (event: InstanceEvent) => void): () => void;
}

/** Anybody who reaches the engine may create them. */
const maxInstances = 64;
const firstPort = 18_801;
const archivedAgoMs = 3 * 86_400_000;

/** At first: `agent-1` to `agent-4` running, `agent-5` stopped, `agent-6` archived. */
export function createInstances({ seed, clock }: { seed: number; clock: Clock }): Instances {
  const random = createRandom(seed, 'instances');
  const instances = new Map<string, Instance>();
  const listeners = new Set<(event: InstanceEvent) => void>();

  for (let number = 1; number <= 6; number += 1) add(`agent-${number}`, freePort());
  for (const instance of [...instances.values()].slice(0, 4)) run(instance);
  for (const instance of [...instances.values()].slice(5)) {
    instance.archived_at = isoTime(clock.now() - archivedAgoMs);
  }

  function add(name: string, port: number): Instance {
    const instance: Instance = { name, status: 'stopped', port, pid: null, archived_at: null };
    instances.set(name, instance);
    return instance;
  }

  function run(instance: Instance): void {
    instance.status = 'running';
    instance.pid = 2000 + random.below(60_000);
  }

  function freePort(): number {
    let port = firstPort;
    while (isTaken(port)) port += 1;
    return port;
  }

  function isTaken(port: number): boolean {
    return [...instances.values()].some((instance) => instance.port === port);
  }

  function announce(event: WithoutTime<InstanceEvent>): void {
    const complete = { ...event, timestamp: isoTime(clock.now()) };
    for (const listener of listeners) listener(complete);
  }

  function announceStatus({ name, status, pid }: Instance): void {
    announce({ type: 'status_changed', name, status, pid });
  }

  function end(instance: Instance, status: 'stopped' | 'failed'): void {
    instance.status = status;
    instance.pid = null;
    announceStatus(instance);
  }

  /** Does what `change` does, unless it returns why it cannot be done. */
  function withInstance(name: string, change: (instance: Instance) => string | undefined): Outcome {
    const instance = instances.get(name);
    if (instance === undefined) return refuse('unknown', `no instance named '${name.slice(0, 64)}'`);
    const obstacle = change(instance);
    return obstacle === undefined
      ? { ok: true, instance: { ...instance } }
      : refuse('conflict', `${name} ${obstacle}`);
  }

  function create(name: string, port?: number): Outcome {
    if (!isInstanceName(name)) return refuse('bad-name', 'expected 1 to 64 letters, digits, ".", "_" or "-"');
    if (instances.has(name)) return refuse('conflict', `${name} exists already`);
    if (port !== undefined && isTaken(port)) return refuse('conflict', `port ${port} is taken`);
    if (instances.size >= maxInstances) {
      return refuse('conflict', `there are ${maxInstances} instances; delete one first`);
    }
    const instance = add(name, port ?? freePort());
    announce({ type: 'instance_created', name, port: instance.port, status: instance.status });
    return { ok: true, instance: { ...instance } };
  }

  return {
    list: (includeArchived) =>
      [...instances.values()]
        .filter((instance) => includeArchived || instance.archived_at === null)
        .map((instance) => ({ ...instance })),
    find(name) {
      const instance = instances.get(name);
      return instance && { ...instance };
    },
    create,
    clone: (name, as) => (instances.has(name) ? create(as) : withInstance(name, () => undefined)),
    start: (name) =>
      withInstance(name, (instance) => {
        if (instance.archived_at !== null) return 'is archived';
        if (instance.status === 'running') return 'runs already';
        run(instance);
        announceStatus(instance);
        return undefined;
      }),
    stop: (name) =>
      withInstance(name, (instance) => {
        if (instance.status !== 'running') return 'does not run';
        end(instance, 'stopped');
        return undefined;
      }),
    restart: (name) =>
      withInstance(name, (instance) => {
        if (instance.status !== 'running') return 'does not run';
        const { pid } = instance;
        while (instance.pid === pid) run(instance);
        announceStatus(instance);
        return undefined;
      }),
    fail: (name) =>
      withInstance(name, (instance) => {
        if (instance.status !== 'running') return 'does not run';
        end(instance, 'failed');
        return undefined;
      }),
    archive: (name) =>
      withInstance(name, (instance) => {
        if (instance.archived_at !== null) return 'is archived already';
        if (instance.status === 'running') end(instance, 'stopped');
        instance.archived_at = isoTime(clock.now());
        announce({ type: 'instance_archived', name });
        return undefined;
      }),
    unarchive: (name) =>
      withInstance(name, (instance) => {
        if (instance.archived_at === null) return 'is not archived';
        instance.archived_at = null;
        announce({ type: 'instance_unarchived', ...instance });
        return undefined;
      }),
    remove: (name) =>
      withInstance(name, (instance) => {
        if (instance.status === 'running') end(instance, 'stopped');
        instances.delete(name);
        announce({ type: 'instance_deleted', name });
        return undefined;
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'timestamp'> : never;

function refuse(reason: 'bad-name' | 'unknown' | 'conflict', message: string): Outcome {
  return { ok: false, reason, message };
}
