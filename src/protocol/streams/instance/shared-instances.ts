import { maxEventMembers, parseUntrusted } from '../../../core/untrusted-json.ts';
import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { EventRendition } from '../../../encode/event-rendition.ts';
import { type Lease, Registry } from '../../../feed/registry.ts';
import { StreamEventIntake } from '../event-intake.ts';
import type { StreamPacket } from '../packets.ts';
import { maxBehind, streamsDialect } from '../stream-client.ts';
import { type EngineInstanceEvent, instanceEvent } from './instance.ts';
import type { InstanceChange } from './instance-change.ts';
import { InstanceSource, type InstanceSourceOptions } from './instance-source.ts';
import type { KnownInstances } from './instances.ts';

/** The two ways of seeing the instances. */
export type Archived = 'shown' | 'hidden';

/** The instances and the ways of seeing them. */
export interface InstanceDesk {
  readonly source: InstanceSource;
  readonly views: ViewsOfKind<Archived, EventRendition<InstanceChange>>;
}

/** So that reloading a page does not wait for the engine again. */
const lingerMs = 30_000;

/** One desk shared by all clients: the engine is polled from the first one until a while after the last. */
export class SharedInstances {
  readonly #intake: StreamEventIntake<EngineInstanceEvent>;
  readonly #registry: Registry<'instances', InstanceDesk>;
  readonly #options: InstanceSourceOptions;
  #open: InstanceDesk | undefined;

  constructor(options: InstanceSourceOptions, views: Views) {
    this.#options = options;
    this.#intake = new StreamEventIntake('instance_event', parse, instanceEvent, options);
    this.#registry = new Registry({
      clock: options.clock,
      key: (key) => key,
      open: () => {
        const source = new InstanceSource(options);
        this.#open = { source, views: viewsOf(source.instances, views) };
        return this.#open;
      },
      close: ({ source }) => {
        this.#open = undefined;
        source.close();
      },
      lingerMs,
    });
  }

  acquire(): Lease<InstanceDesk> {
    const lease = this.#registry.acquire('instances');
    if (lease === undefined) throw new Error('a registry without a bound refused');
    return lease;
  }

  /** Takes a message of the channel `instance_events`. */
  onEvent(message: Buffer): void {
    if (this.#open === undefined) return;
    const receivedAt = this.#options.clock.monotonic();
    const event = this.#intake.read(message);
    if (event === undefined) return;
    if (!this.#open.source.instances.applyEvent(event, receivedAt)) this.#intake.refuse('full');
  }

  /** Events may have been missed. */
  onReconnected(): void {
    this.#open?.source.pollAfresh();
  }

  close(): void {
    this.#registry.close();
  }
}

function parse(text: string) {
  return parseUntrusted(text, { nonFinite: 'null', exactIntegers: true, maxMembers: maxEventMembers });
}

function viewsOf(instances: KnownInstances, views: Views): InstanceDesk['views'] {
  return views.ofKind({
    key: (archived) => archived,
    make: (archived) => renditionOf(instances, archived === 'shown'),
    isFixed: true,
  });
}

function renditionOf(instances: KnownInstances, showsArchived: boolean): EventRendition<InstanceChange> {
  const snapshot = (): StreamPacket => ({
    type: 'snapshot',
    instances: instances.list(showsArchived),
    include_archived: showsArchived,
  });
  const other = showsArchived ? 'hidesArchived' : 'showsArchived';
  return new EventRendition<InstanceChange>({
    dialect: streamsDialect,
    feed: instances.feed,
    shows: ({ audience }) => audience !== other,
    bySnapshot: ({ delta }) => delta === undefined,
    render: ([{ delta }]) => delta ?? snapshot(),
    snapshot,
    snapshotVersion: () => instances.version,
    maxBehind,
    beyond: 'snapshot',
  });
}
