import type { JsonObject } from '../../../src/core/json.ts';
import { type MetricsEngine, snapshotOf, startMetricsEngine } from '../../support/metrics-engine.ts';
import { monotonicMs } from '../monotonic.ts';

/** Where a snapshot of the bench tells which one it is, and when it was made. */
export interface Stamp {
  /** Counts the engine's answers. */
  readonly revision: number;
  /** ms of the clock that all processes share. */
  readonly made_ms: number;
}

export interface SnapshotEngine extends MetricsEngine {
  /** About how many bytes each snapshot has from now on. */
  resize(bytes: number): void;
}

/** A metrics engine no two of whose snapshots are alike. */
export async function startSnapshotEngine(bytes: number): Promise<SnapshotEngine> {
  let [size, revision] = [bytes, 0];
  const engine = await startMetricsEngine({
    snapshot: (hours) => {
      revision += 1;
      return stamped(size, { revision, made_ms: monotonicMs() }, hours);
    },
  });
  return {
    ...engine,
    resize(next) {
      size = next;
    },
  };
}

function stamped(bytes: number, stamp: Stamp, hours: string): JsonObject {
  const snapshot = { ...snapshotOf(stamp.revision, hours), bench: { ...stamp } };
  const missing = bytes - JSON.stringify(snapshot).length;
  const entry = { description: 'Task completed: review of the order router', timestamp: 1_729_432_100.5 };
  const count = Math.max(0, Math.round(missing / (JSON.stringify(entry).length + 1)));
  // The newest first, as a list of activities moves on.
  const activity = Array.from({ length: count }, (_, index) => ({
    ...entry,
    timestamp: entry.timestamp + stamp.revision - index,
  }));
  return { ...snapshot, activity };
}
