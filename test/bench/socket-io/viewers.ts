import type { Resource } from '../../support/wait.ts';
import { startCrew } from '../orders.ts';
import type { Summary } from '../stats.ts';

export type TransportName = 'websocket' | 'polling';

/** Clients that subscribe alike. */
export interface Audience {
  readonly port: number;
  readonly transport: TransportName;
  readonly count: number;
  /** Default 24. */
  readonly hours?: number;
  /** Seconds. Default 1. */
  readonly interval?: number;
}

export type ViewersOrder =
  | ({ readonly do: 'open' } & Audience)
  | { readonly do: 'reset' | 'report' | 'close' };

/** What the viewers saw since the last reset. */
export interface ViewersReport {
  readonly viewers: number;
  readonly connected: number;
  /** `metrics_update` events, of all together. */
  readonly updates: number;
  /** Of the viewer that got fewest, and of the one that got most. */
  readonly fewest: number;
  readonly most: number;
  /** Snapshots seen by at least one of them. */
  readonly revisions: number;
  /** Of these, such as a viewer did not get between its first and its last, over all viewers. */
  readonly missed: number;
  /** JSON of the newest update. */
  readonly payloadBytes: number;
  /** The engine's answer to the update at a viewer, over all of both, ms. */
  readonly latency: Summary;
  /** First viewer to last, over all snapshots, ms. */
  readonly firstToLast: Summary;
  /** `error` events. */
  readonly errors: readonly string[];
}

/** Viewers of metrics, each with the real Socket.IO client, in a process of their own. */
export interface Viewers extends Resource {
  /** Connects and subscribes that many more; resolves when each has its first update. */
  open(audience: Audience): Promise<void>;
  /** Starts counting anew. */
  reset(): Promise<void>;
  report(): Promise<ViewersReport>;
  /** Disconnects them all. */
  close(): Promise<void>;
}

export function startViewers(): Viewers {
  const script = new URL('viewers-process.ts', import.meta.url);
  const crew = startCrew<ViewersOrder, ViewersReport>(script, 'viewers');
  return {
    open: async (audience) => void (await crew.tell({ do: 'open', ...audience })),
    reset: async () => void (await crew.tell({ do: 'reset' })),
    report: () => crew.ask({ do: 'report' }),
    close: async () => void (await crew.tell({ do: 'close' })),
    stop: () => crew.stop(),
  };
}
