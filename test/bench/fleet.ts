import type { Resource } from '../support/wait.ts';
import type { FleetCommand, FleetReport, Range } from './fleet-protocol.ts';
import { startCrew } from './orders.ts';

/** The clients of a benchmark, in a process of their own. */
export interface Fleet extends Resource {
  /** Connects that many more; resolves when each has its WELCOME. */
  open(port: number, clients: number): Promise<void>;
  /** Starts counting anew. */
  reset(): Promise<void>;
  /** These clients stop reading. */
  stall(range: Range): Promise<void>;
  resume(range: Range): Promise<void>;
  /** What these clients saw since the last reset. Default: all of them. */
  report(range?: Range): Promise<FleetReport>;
  /** Ends all connections, from this side. */
  close(): Promise<void>;
}

const everyone: Range = { from: 0, to: Number.MAX_SAFE_INTEGER };

export function startFleet(): Fleet {
  const crew = startCrew<FleetCommand, FleetReport>(new URL('fleet-process.ts', import.meta.url), 'fleet');
  return {
    open: async (port, clients) => void (await crew.tell({ do: 'open', port, clients })),
    reset: async () => void (await crew.tell({ do: 'reset' })),
    stall: async (range) => void (await crew.tell({ do: 'stall', ...range })),
    resume: async (range) => void (await crew.tell({ do: 'resume', ...range })),
    report: (range = everyone) => crew.ask({ do: 'report', ...range }),
    close: async () => void (await crew.tell({ do: 'close' })),
    stop: () => crew.stop(),
  };
}
