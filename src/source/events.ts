import type { Meter } from '../core/meter.ts';

/** Receives the messages of a channel, as raw bytes: what they hold is untrusted. Must not throw. */
export type EventListener = (message: Buffer) => void;

/** Where events come from: a Redis server, or the process itself. */
export interface EventSource {
  /** Called once for each channel, before `start`. */
  subscribe(channel: string, listener: EventListener): void;
  start(): void;
  close(): Promise<void>;
}

export interface EventBus extends EventSource {
  publish(channel: string, message: string): void;
}

/** The same, with each event counted as it comes: also where nobody is there to be told of it. */
export function countingEvents(source: EventSource, meter: Meter): EventSource {
  return {
    ...source,
    subscribe: (channel, listener) =>
      source.subscribe(channel, (message) => {
        meter.count('bff_events_total', { channel });
        listener(message);
      }),
  };
}

/** Events within one process: for a gateway that runs beside its engine without Redis. */
export function createMemoryEvents(): EventBus {
  const listeners = new Map<string, EventListener>();
  return {
    subscribe: (channel, listener) => void listeners.set(channel, listener),
    publish: (channel, message) => listeners.get(channel)?.(Buffer.from(message)),
    start: () => {},
    close: async () => listeners.clear(),
  };
}
