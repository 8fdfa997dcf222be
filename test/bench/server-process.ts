import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type Resource, within } from '../support/wait.ts';
import { thisBuild } from './builds.ts';
import type { Pinning } from './machine.ts';
import { monotonicMs } from './monotonic.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** ms of the clock that all processes share. */
  readonly at: number;
}

/** A server under test: a process of its own, on a core of its own. */
export interface ServerProcess extends Resource {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<Exit>;
  /** Disconnects in its log so far: code, and when the line came. */
  readonly disconnects: readonly { readonly code: number; readonly at: number }[];
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
const gatewayArgs = ['dist/main.js', 'serve'];
const plainScript = fileURLToPath(new URL('plain-gateway.ts', import.meta.url));

/**
 * Flags for Node, to look into the server: BENCH_SERVER_FLAGS="--cpu-prof --cpu-prof-dir=profiles" npm run bench …
 */
export const nodeFlags = (process.env.BENCH_SERVER_FLAGS ?? '').split(' ').filter((flag) => flag !== '');

/** The gateway as it is built, with nothing of this process's settings. @param build Default: this one. */
export function startGatewayProcess(
  pinning: Pinning,
  env: Readonly<Record<string, string>>,
  build = thisBuild,
): Promise<ServerProcess> {
  const settings = { HOST: '127.0.0.1', PORT: '0', ...env };
  return startProgram(pinning, [process.execPath, ...nodeFlags, ...gatewayArgs], settings, build);
}

/** The plain implementation that the gateway is compared with. */
export function startPlainProcess(
  pinning: Pinning,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  return startScript(pinning, plainScript, env);
}

/** A server in TypeScript, run as it is. */
export function startScript(
  pinning: Pinning,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  return startProgram(pinning, [process.execPath, ...nodeFlags, '--import', 'tsx', path], env);
}

/** Any server that prints `{"msg":"listening","port":N}`, in the folder of a build. Default: this one. */
export async function startProgram(
  pinning: Pinning,
  commandLine: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
  { folder } = thisBuild,
): Promise<ServerProcess> {
  const [command, ...rest] = pinning.server(commandLine);
  const child = spawn(command, rest, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the server did not start');
  const disconnects: { code: number; at: number }[] = [];
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, at: monotonicMs() }));
  });
  const listening = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = readLogLine(line);
      if (entry?.msg === 'listening' && typeof entry.port === 'number') resolve(entry.port);
      if (entry?.msg === 'Telemetry client disconnected' && typeof entry.code === 'number') {
        disconnects.push({ code: entry.code, at: monotonicMs() });
      }
    });
  });
  const stop = async (): Promise<void> => {
    // In order, so that a profile is written; by force where that takes too long.
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 8000);
    await exited;
    clearTimeout(force);
  };
  const ended = exited.then(({ code }) => {
    throw new Error(`the server ended with ${code} before it listened`);
  });
  try {
    const port = await within('the server to listen', Promise.race([listening, ended]), startTimeoutMs);
    ended.catch(() => {});
    return { pid, port, exited, disconnects, kill: (signal) => void child.kill(signal), stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function readLogLine(line: string): JsonObject | undefined {
  if (!line.startsWith('{')) return undefined;
  const entry: unknown = JSON.parse(line);
  return isJsonObject(entry) ? entry : undefined;
}
