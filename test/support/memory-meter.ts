import type { Meter } from '../../src/core/meter.ts';

/** A meter that can be asked what was recorded. */
export interface MemoryMeter extends Meter {
  /** The value of a counter or gauge; 0 where it was never touched. Labels in any order. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** How often a duration was recorded. */
  observations(name: string, labels?: Readonly<Record<string, string>>): number;
}

export function createMemoryMeter(): MemoryMeter {
  const values = new Map<string, number>();
  const observed = new Map<string, number>();
  const key = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
    `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
  const add = (to: Map<string, number>, at: string, by: number): void =>
    void to.set(at, (to.get(at) ?? 0) + by);
  return {
    count: (name, labels, by = 1) => add(values, key(name, labels), by),
    gauge: (name, labels, value) => void values.set(key(name, labels), value),
    forget: (name, labels) => void values.delete(key(name, labels)),
    observe: (name, labels) => add(observed, key(name, labels), 1),
    value: (name, labels) => values.get(key(name, labels)) ?? 0,
    observations: (name, labels) => observed.get(key(name, labels)) ?? 0,
  };
}
