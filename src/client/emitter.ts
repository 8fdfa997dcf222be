import type { Unsubscribe } from './types.ts';

type Listeners<Events> = {
  [Name in keyof Events]?: Set<{ readonly listener: (event: Events[Name]) => void }>;
};

export type Emitter<Events> = ReturnType<typeof createEmitter<Events>>;

/**
 * Calls listeners by the name of an event. One that throws disturbs neither the others nor the caller.
 *
 * @param onFault gets what a listener threw, and the event it listened to; must not throw itself
 */
export function createEmitter<Events>(onFault: (error: unknown, during: keyof Events | undefined) => void) {
  const all: Listeners<Events> = {};
  /** Runs a piece of the application's code. */
  const guard = (task: () => void, during?: keyof Events): void => {
    try {
      task();
    } catch (error) {
      onFault(error, during);
    }
  };
  return {
    guard,
    /** The same function may listen twice; each call ends by what it returned. */
    on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe {
      const entry = { listener };
      const listeners = all[name] ?? new Set();
      all[name] = listeners;
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    /**
     * Calls the listeners that are there now, as far as they still are when their turn comes. Returns whether there
     * are any.
     */
    emit<Name extends keyof Events>(name: Name, event: Events[Name]): boolean {
      const listeners = all[name];
      const now = [...(listeners ?? [])];
      for (const entry of now) {
        if (listeners?.has(entry)) guard(() => entry.listener(event), name);
      }
      return now.length > 0;
    },
    /** Forgets all listeners. */
    clear(): void {
      for (const name in all) all[name]?.clear();
    },
  };
}
