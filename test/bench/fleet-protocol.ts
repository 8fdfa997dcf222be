import type { Summary } from './stats.ts';

/** A part of the fleet: clients `from` up to, but not with, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type FleetCommand =
  | { readonly do: 'open'; readonly port: number; readonly clients: number }
  | { readonly do: 'reset' }
  | ({ readonly do: 'stall' | 'resume' | 'report' } & Range)
  | { readonly do: 'close' };

/** What clients saw since the last reset. */
export interface FleetReport {
  readonly clients: number;
  readonly open: number;
  readonly packets: number;
  readonly bytes: number;
  /** Packets of the client that got fewest, and of the one that got most. */
  readonly fewest: number;
  readonly most: number;
  /** Versions seen by at least one client: fewer than events where some were conflated, for all alike. */
  readonly versions: number;
  /** Publish to receipt, over all clients that never stopped reading and all events, ms. */
  readonly latency: Summary;
  /** Publish to the receipt of the last client, over all events, ms. */
  readonly lastClient: Summary;
  /** Clients that resumed: how long until they held what was newest then, and the older packets read before. */
  readonly caughtUp: Summary;
  readonly oldBytes: Summary;
  /** Clients that resumed and have not caught up. */
  readonly behind: number;
  readonly closes: readonly { readonly code: number; readonly at: number }[];
  /** Processor time of the fleet itself, µs a packet. */
  readonly cpuUsPerPacket: number;
}
