import type { Cancel } from '../../../core/clock.ts';
import type { JsonValue } from '../../../core/json.ts';

/** @param startedAt when the poll was begun, monotonic ms */
export type StatusListener = (status: JsonValue | undefined, startedAt: number) => void;

/** What polls say of the engine's `status`, for whom it matters when they were begun. */
export interface PolledState {
  /** Tells the answer of each poll of the engine's own state. */
  onStatus(listener: StatusListener): Cancel;
  /** Polls out of turn. */
  poll(): void;
}
