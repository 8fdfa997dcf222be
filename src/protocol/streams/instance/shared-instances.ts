import { maxEventMembers, parseUntrusted } from '../../../core/untrusted-json.ts';
import type { Views } from '../../../deliver/views.ts';
import { type Lease, Registry } from '../../../feed/registry.ts';
import { createEventIntake } from '../event-intake.ts';
import { instanceEvent } from './instance-event.ts';
import { createInstanceSource, type InstanceSource, type InstanceSourceOptions } from './instance-source.ts';
import { createInstanceViews, type InstanceViews } from './instance-views.ts';

/** The instances and the ways of seeing them. */
export interface InstanceDesk {
  readonly source: InstanceSource;
  readonly views: InstanceViews;
}

/** One for all who need it: the engine is asked from the first one on, until a while after the last. */
export interface SharedInstances {
  acquire(): Lease<InstanceDesk>;
  /** Takes a message of the channel `instance_events`. */
  onEvent(message: Buffer): void;
  /** Events may have been missed. */
  onReconnected(): void;
  close(): void;
}

/** Somebody who reloads a page need not wait for the engine again. */
const lingerMs = 30_000;

export function createSharedInstances(
  options: InstanceSourceOptions & { readonly views: Views },
): SharedInstances {
  const { views, clock } = options;
  const intake = createEventIntake({ ...options, edge: 'instance_event', parse, schema: instanceEvent });
  let open: InstanceDesk | undefined;
  const registry = new Registry<'instances', InstanceDesk>({
    clock,
    key: (key) => key,
    open() {
      const source = createInstanceSource(options);
      open = { source, views: createInstanceViews(source.instances, views) };
      return open;
    },
    close({ source }) {
      open = undefined;
      source.close();
    },
    lingerMs,
  });

  return {
    acquire() {
      const lease = registry.acquire('instances');
      if (lease === undefined) throw new Error('a registry without a bound refused');
      return lease;
    },
    onEvent(message) {
      if (open === undefined) return;
      const receivedAt = clock.monotonic();
      const event = intake.read(message);
      if (event !== undefined && !open.source.applyEvent(event, receivedAt)) intake.refuse('full');
    },
    onReconnected: () => open?.source.pollAfresh(),
    close: () => registry.close(),
  };
}

function parse(text: string) {
  return parseUntrusted(text, { nonFinite: 'null', exactIntegers: true, maxMembers: maxEventMembers });
}
