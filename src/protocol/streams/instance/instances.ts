import { type Clock, isoTime } from '../../../core/clock.ts';
import { isJsonObject } from '../../../core/json.ts';
import type { Meter } from '../../../core/meter.ts';
import { Arbiter } from '../../../feed/arbiter.ts';
import type { EventFeed } from '../../../feed/event-feed.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import { maxBehind, streamsDialect } from '../stream-client.ts';
import {
  type EngineInstanceEvent,
  instanceSchema,
  type ListedInstance,
  maxInstances,
  patchOf,
} from './instance.ts';
import { changesBetween, type InstanceChange } from './instance-change.ts';

/**
 * What sessions may lack of the changes that they are shown, and as many again that they are not: half a megabyte at
 * most, as the fields of an instance are bounded.
 */
const changesKept = 2 * maxBehind;
/** Events that may say something of instances from one answer of the engine to the next. */
const maxEventsHeld = 100_000;

/**
 * The engine's instances as polls and events tell of them, and what changes. Compared by name, so that a change is told
 * once, whichever way it arrives first. What an event said stands until an answer that was asked for after it.
 */
export class KnownInstances {
  /** Each change, once what is known has changed by it and by no later one. */
  readonly feed: EventFeed<InstanceChange>;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #known = new Map<string, ListedInstance>();
  readonly #arbiter = new Arbiter();
  /** Archived by an event that did not say when. */
  readonly #assumedTimes = new Set<string>();
  #eventsHeld = 0;
  #version = 1;

  constructor(feeds: Feeds, clock: Clock, meter: Meter) {
    this.feed = feeds.events<InstanceChange>(`${streamsDialect}/instances`, { capacity: changesKept });
    this.#clock = clock;
    this.#meter = meter;
  }

  /** Another number after each change, those included that nobody is told of. */
  get version(): number {
    return this.#version;
  }

  list(includeArchived: boolean): ListedInstance[] {
    return [...this.#known.values()].filter(({ archived_at }) => includeArchived || archived_at === null);
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** @param startedAt when the request was started, monotonic ms */
  applyAnswer(answer: readonly ListedInstance[], startedAt: number): void {
    this.#eventsHeld = 0;
    const timestamp = isoTime(this.#clock.now());
    const next = this.#reconciled(answer, startedAt);
    for (const name of [...this.#known.keys()]) if (!next.has(name)) this.#change(name, undefined, timestamp);
    for (const [name, instance] of next) this.#change(name, instance, timestamp);
  }

  /** False where there is no room for what it says: the engine has not answered for long. */
  applyEvent(event: EngineInstanceEvent, receivedAt: number): boolean {
    const { name, timestamp = isoTime(this.#clock.now()) } = event;
    const before = this.#known.get(name);
    const patch = patchOf(event, before, timestamp);
    if (patch === undefined) return true;
    this.#eventsHeld += 1;
    if (this.#eventsHeld > maxEventsHeld) return false;
    if (before === undefined && this.#known.size >= maxInstances) return false;
    const time = { engineTime: undefined, localTime: receivedAt };
    this.#arbiter.protect({ [name]: patch }, time, (path) => path.length === 2);
    const after = patch === null ? undefined : instanceSchema.parse({ ...before, name, ...patch });
    this.#change(name, after, timestamp, receivedAt);
    const isAssumed = event.type === 'instance_archived' && (event.archived_at ?? null) === null;
    if (isAssumed && before?.archived_at === null) this.#assumedTimes.add(name);
    return true;
  }

  #change(name: string, after: ListedInstance | undefined, timestamp: string, receivedAt?: number): void {
    this.#adoptTime(name, after);
    for (const step of changesBetween(this.#known.get(name), after, timestamp)) {
      this.#set(name, step.instance);
      this.feed.append(step, receivedAt);
    }
  }

  /** The engine's own time of archiving takes the place of one that was only assumed: that is no change. */
  #adoptTime(name: string, after: ListedInstance | undefined): void {
    const before = this.#known.get(name);
    const time = after?.archived_at ?? null;
    if (before === undefined || time === null || before.archived_at === time) return;
    if (this.#assumedTimes.delete(name)) this.#set(name, { ...before, archived_at: time });
  }

  #set(name: string, instance: ListedInstance | undefined): void {
    this.#version += 1;
    if (instance === undefined) this.#known.delete(name);
    else this.#known.set(name, instance);
    if ((instance?.archived_at ?? null) === null) this.#assumedTimes.delete(name);
  }

  /** The answer, with what newer events say in the place of what it says. */
  #reconciled(answer: readonly ListedInstance[], startedAt: number): Map<string, ListedInstance> {
    const { document, undone } = this.#arbiter.reconcile(
      Object.fromEntries(answer.map((instance) => [instance.name, instance])),
      { engineTime: undefined, localTime: startedAt },
      () => true,
    );
    if (undone > 0) this.#meter.count('bff_arbitrated_total', {}, undone);
    // In the engine's order, as far as it has one.
    const names = new Set([...answer.map(({ name }) => name), ...Object.keys(document)]);
    const instances = new Map<string, ListedInstance>();
    for (const name of names) {
      if (!Object.hasOwn(document, name)) continue;
      const fields = document[name];
      if (!isJsonObject(fields)) continue;
      // An event may have said something of an instance that the answer does not have.
      const whole = instanceSchema.safeParse({ ...this.#known.get(name), ...fields });
      if (whole.success) instances.set(name, whole.data);
    }
    return instances;
  }
}
