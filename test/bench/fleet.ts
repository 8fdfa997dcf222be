import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Resource, within } from '../support/wait.ts';
import type { FleetCommand, FleetReport, Range } from './fleet-protocol.ts';

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

type Reply = { ok: true; result?: FleetReport } | { ok: false; error: string };

const replyTimeoutMs = 30_000;
const everyone: Range = { from: 0, to: Number.MAX_SAFE_INTEGER };

export function startFleet(): Fleet {
  const child = fork(fileURLToPath(new URL('fleet-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  // One command at a time: the next reply is the answer to it.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (command: FleetCommand): Promise<FleetReport | undefined> => {
    const answer = last.then(() => exchange(child, command));
    last = answer.catch(() => {});
    return answer;
  };
  return {
    open: async (port, clients) => void (await ask({ do: 'open', port, clients })),
    reset: async () => void (await ask({ do: 'reset' })),
    stall: async (range) => void (await ask({ do: 'stall', ...range })),
    resume: async (range) => void (await ask({ do: 'resume', ...range })),
    async report(range = everyone) {
      const report = await ask({ do: 'report', ...range });
      if (report === undefined) throw new Error('the fleet reported nothing');
      return report;
    },
    close: async () => void (await ask({ do: 'close' })),
    stop: () => void child.kill('SIGKILL'),
  };
}

async function exchange(child: ChildProcess, command: FleetCommand): Promise<FleetReport | undefined> {
  const replied = once(child, 'message');
  child.send(command);
  const [reply]: [Reply] = (await within(`the fleet to ${command.do}`, replied, replyTimeoutMs)) as [Reply];
  if (!reply.ok) throw new Error(`fleet: ${reply.error}`);
  return reply.result;
}
