import type { Meter } from '../core/meter.ts';

/** Receives the messages of a channel, as raw bytes: what they hold is untrusted. Must not throw. */
export type EventListener = (message: Buffer) => void;

/** Where events come from: a Redis server, or the process itself. */
export interface Events {
  /** Called once for each channel, before `start`. */
  subscribe(channel: string, listener: EventListener): void;
  start(): void;
  close(): Promise<void>;
}

/** Events within one process: for a gateway that runs beside its engine without Redis. */
export class MemoryEvents implements Events {
  readonly #listeners = new Map<string, EventListener>();
  /** Bound to this object, so that it can be passed to an engine. */
  readonly publish = (channel: string, message: string): void =>
    this.#listeners.get(channel)?.(Buffer.from(message));

  subscribe(channel: string, listener: EventListener): void {
    this.#listeners.set(channel, listener);
  }

  start(): void {}

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

/** The same, with each event counted on arrival, whether or not its listener uses it. */
export function countingEvents(events: Events, meter: Meter): Events {
  return {
    subscribe: (channel, listener) =>
      events.subscribe(channel, (message) => {
        meter.count('bff_events_total', { channel });
        listener(message);
      }),
    start: () => events.start(),
    close: () => events.close(),
  };
}
