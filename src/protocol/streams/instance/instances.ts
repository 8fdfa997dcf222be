import { type Clock, isoTime } from '../../../core/clock.ts';
import { isJsonObject } from '../../../core/json.ts';
import type { Meter } from '../../../core/meter.ts';
import { Arbiter } from '../../../feed/arbiter.ts';
import type { EventFeed } from '../../../feed/event-feed.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import { dialect, maxBehind } from '../stream-client.ts';
import { type Instance, instanceSchema, maxInstances } from './instance.ts';
import { changesBetween, type InstanceChange } from './instance-change.ts';
import { type InstanceEvent, patchOf } from './instance-event.ts';

export interface InstancesOptions {
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** The engine's instances as polls and events tell of them, and what changes. */
export interface Instances {
  /** Each change, once what is known has changed by it and by no later one. */
  readonly feed: EventFeed<InstanceChange>;
  /** Another number after each change, those included that nobody is told of. */
  readonly version: number;
  list(includeArchived: boolean): Instance[];
  has(name: string): boolean;
  /** @param startedAt when the request was started, monotonic ms */
  applyAnswer(answer: readonly Instance[], startedAt: number): void;
  /** False where there is no room for what it says: the engine has not answered for long. */
  applyEvent(event: InstanceEvent, receivedAt: number): boolean;
}

/**
 * What sessions may lack of the changes that they are shown, and as many again that they are not: half a megabyte at
 * most, as the fields of an instance are bounded.
 */
const changesKept = 2 * maxBehind;
/** Events that may say something of instances from one answer of the engine to the next. */
const maxEventsHeld = 100_000;

/**
 * Compared by name, so that a change is told once, whichever way it arrives first. What an event said stands until
 * an answer that was asked for after it.
 */
export function createInstances({ feeds, clock, meter }: InstancesOptions): Instances {
  const feed = feeds.events<InstanceChange>(`${dialect}/instances`, { capacity: changesKept });
  const known = new Map<string, Instance>();
  const arbiter = new Arbiter();
  /** Archived by an event that did not say when. */
  const assumedTimes = new Set<string>();
  let eventsHeld = 0;
  let version = 1;

  const set = (name: string, instance: Instance | undefined): void => {
    version += 1;
    if (instance === undefined) known.delete(name);
    else known.set(name, instance);
    if (instance?.archived_at === undefined || instance.archived_at === null) assumedTimes.delete(name);
  };

  /** The engine's own time of archiving takes the place of one that was only assumed: that is no change. */
  const adoptTime = (name: string, after: Instance | undefined): void => {
    const before = known.get(name);
    const time = after?.archived_at ?? null;
    if (before === undefined || time === null || before.archived_at === time) return;
    if (assumedTimes.delete(name)) set(name, { ...before, archived_at: time });
  };

  const change = (
    name: string,
    after: Instance | undefined,
    timestamp: string,
    receivedAt?: number,
  ): void => {
    adoptTime(name, after);
    for (const step of changesBetween(known.get(name), after, timestamp)) {
      set(name, step.instance);
      feed.append(step, receivedAt);
    }
  };

  /** The answer, with what newer events say in the place of what it says. */
  const reconciled = (answer: readonly Instance[], startedAt: number): Map<string, Instance> => {
    const { document, undone } = arbiter.reconcile(
      Object.fromEntries(answer.map((instance) => [instance.name, instance])),
      { engineTime: undefined, localTime: startedAt },
      () => true,
    );
    if (undone > 0) meter.count('bff_arbitrated_total', {}, undone);
    // In the engine's order, as far as it has one.
    const names = new Set([...answer.map(({ name }) => name), ...Object.keys(document)]);
    const instances = new Map<string, Instance>();
    for (const name of names) {
      if (!Object.hasOwn(document, name)) continue;
      const fields = document[name];
      if (!isJsonObject(fields)) continue;
      // An event may have said something of an instance that the answer does not have.
      const whole = instanceSchema.safeParse({ ...known.get(name), ...fields });
      if (whole.success) instances.set(name, whole.data);
    }
    return instances;
  };

  return {
    feed,
    get version() {
      return version;
    },
    list: (includeArchived) =>
      [...known.values()].filter(({ archived_at }) => includeArchived || archived_at === null),
    has: (name) => known.has(name),
    applyAnswer(answer, startedAt) {
      eventsHeld = 0;
      const timestamp = isoTime(clock.now());
      const next = reconciled(answer, startedAt);
      for (const name of [...known.keys()]) if (!next.has(name)) change(name, undefined, timestamp);
      for (const [name, instance] of next) change(name, instance, timestamp);
    },
    applyEvent(event, receivedAt) {
      const { name, timestamp = isoTime(clock.now()) } = event;
      const before = known.get(name);
      const patch = patchOf(event, before, timestamp);
      if (patch === undefined) return true;
      eventsHeld += 1;
      if (eventsHeld > maxEventsHeld || (before === undefined && known.size >= maxInstances)) return false;
      const time = { engineTime: undefined, localTime: receivedAt };
      arbiter.protect({ [name]: patch }, time, (path) => path.length === 2);
      const after = patch === null ? undefined : instanceSchema.parse({ ...before, name, ...patch });
      change(name, after, timestamp, receivedAt);
      const isAssumed = event.type === 'instance_archived' && (event.archived_at ?? null) === null;
      if (isAssumed && before?.archived_at === null) assumedTimes.add(name);
      return true;
    },
  };
}
