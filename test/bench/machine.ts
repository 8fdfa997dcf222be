import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** Of util-linux; elsewhere nothing is pinned. */
const affinity = 'taskset';
/** The server under test has a core of its own, everything else shares another one. */
const serverCore = '0';
const otherCore = '1';

export interface Pinning {
  readonly pinned: boolean;
  /** What a reader of the figures should know. */
  readonly text: string;
  /** Puts the core in front of a server's command line. */
  server(command: readonly [string, ...string[]]): readonly [string, ...string[]];
}

/** Moves this process, and with it all that it starts later, off the core of the server under test. */
export function pin(): Pinning {
  const moved =
    availableParallelism() > 1 && spawnSync(affinity, ['-acp', otherCore, `${process.pid}`]).status === 0;
  return moved
    ? {
        pinned: true,
        text: `server on core ${serverCore}, clients, Redis and engine on core ${otherCore}`,
        server: (command) => [affinity, '-c', serverCore, ...command],
      }
    : {
        pinned: false,
        text: 'not pinned (no taskset, or one core): expect noise',
        server: (command) => command,
      };
}

export function machineText(): string {
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
}

export interface ProcessorTime {
  /** On a processor, user and system, ms. */
  readonly cpuMs: number;
  /** Ready to run while others had the processor, ms: how noisy the machine is. */
  readonly waitedMs: number;
}

/** Processor time of all threads of a process so far. Linux only. */
export function processorTime(pid: number): ProcessorTime {
  let cpuMs = 0;
  let waitedMs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    // In nanoseconds; `stat` counts the same in ticks of 10 ms, too coarse for one tick of the gateway.
    const [ran, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    cpuMs += Number(ran) / 1e6;
    waitedMs += Number(waited) / 1e6;
  }
  return { cpuMs, waitedMs };
}

/** Memory of a process that is in RAM, in bytes. Linux only. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error(`no VmRSS for process ${pid}`);
  return Number(kilobytes) * 1024;
}
