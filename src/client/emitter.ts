import type { Unsubscribe } from './types.ts';

/** Calls listeners by the name of an event. One that throws disturbs neither the others nor the caller. */
export interface Emitter<Events> {
  /** The same function may listen twice; each call ends by what it returned. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe;
  /** Calls the listeners that are there now, as far as they still are when their turn comes. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
  /** Whether anybody listens. */
  has(name: keyof Events): boolean;
  /** Forgets all listeners. */
  clear(): void;
  /** Runs a piece of the application's code. */
  guard(task: () => void, during?: keyof Events): void;
}

type Listeners<Events> = {
  [Name in keyof Events]?: Set<{ readonly listener: (event: Events[Name]) => void }>;
};

/** @param onFault gets what a listener threw, and the event it listened to; must not throw itself */
export function createEmitter<Events>(
  onFault: (error: unknown, during: keyof Events | undefined) => void,
): Emitter<Events> {
  let all: Listeners<Events> = {};
  const guard: Emitter<Events>['guard'] = (task, during) => {
    try {
      task();
    } catch (error) {
      onFault(error, during);
    }
  };
  return {
    on(name, listener) {
      const entry = { listener };
      const listeners = all[name] ?? new Set();
      all[name] = listeners;
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit(name, event) {
      const listeners = all[name];
      for (const entry of [...(listeners ?? [])]) {
        if (all[name] === listeners && listeners?.has(entry)) guard(() => entry.listener(event), name);
      }
    },
    has: (name) => (all[name]?.size ?? 0) > 0,
    clear() {
      all = {};
    },
    guard,
  };
}
