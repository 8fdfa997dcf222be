import { systemClock } from '../../core/clock.ts';
import { createClient, createTelemetryClient } from '../client.ts';
import type { TelemetryDocument } from '../document.ts';
import type { TelemetryClient, TelemetryClientOptions } from '../types.ts';
import type { LockManagerLike } from './life-lock.ts';
import { createNudgedClock } from './nudged-clock.ts';
import { SharedChain } from './shared-chain.ts';
import type { BroadcastChannelConstructor } from './types.ts';

export type { LockManagerLike } from './life-lock.ts';
export type { BroadcastChannelConstructor, BroadcastChannelLike } from './types.ts';

export interface SharedTelemetryClientOptions extends TelemetryClientOptions {
  /** Default: the platform's. `null`, or where there is none: a connection of its own. */
  readonly BroadcastChannel?: BroadcastChannelConstructor | null;
  /** Default: the platform's. Where there are none, a tab that died is noticed by its silence. */
  readonly locks?: LockManagerLike | null;
}

const platform: {
  readonly BroadcastChannel?: BroadcastChannelConstructor;
  readonly navigator?: { readonly locks?: LockManagerLike };
} = globalThis;

/**
 * As `createTelemetryClient`, with one connection for all tabs of this origin that have the same address, the same
 * options and a token of the same bearer. Each has its own document and freshness, and sends its own commands.
 */
export function createSharedTelemetryClient<Document extends object = TelemetryDocument>(
  options: SharedTelemetryClientOptions,
): TelemetryClient<Document>;
export function createSharedTelemetryClient(options: SharedTelemetryClientOptions): TelemetryClient {
  const { BroadcastChannel = platform.BroadcastChannel, locks = platform.navigator?.locks } = options;
  if (!BroadcastChannel) return createTelemetryClient(options);
  const clock = createNudgedClock(options.clock ?? systemClock);
  return createClient(
    { ...options, clock },
    (parts) => new SharedChain({ ...parts, clock, BroadcastChannel, locks }),
  );
}
