import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { nowhere } from './gateway.ts';
import { type Resource, waitFor, within } from './wait.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As `npm run build` made it: before the tests begin it is made anew where src/ has changed. */
export const program = 'dist/main.js';
const startTimeoutMs = 20_000;

export interface Exit {
  /** Null where a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The command line as a process of its own. */
export interface CommandProcess extends Resource {
  readonly pid: number;
  /** Lines of standard output that are JSON: the log. */
  readonly logLines: readonly JsonObject[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface ServingProcess extends CommandProcess {
  readonly port: number;
  readonly url: string;
}

export interface GatewayProcess extends ServingProcess {
  readonly wsUrl: string;
}

type Environment = Readonly<Record<string, string>>;
interface How {
  /** The program. Default: `dist/main.js`. */
  readonly main?: string;
  /** The user that it runs as, where this process may choose. Default: its own. */
  readonly uid?: number;
  /** How many files it may have open. Default: as many as this process. */
  readonly openFiles?: number;
}

/** Runs a command with nothing of this process's settings. */
function runCommand(args: readonly string[], env: Environment, how: How = {}): CommandProcess {
  const { main = program, openFiles, ...user } = how;
  const command = [process.execPath, main, ...args];
  const limited = ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...command];
  const [file = '', ...rest] = openFiles === undefined ? command : limited;
  const child = spawn(file, rest, {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  if (child.pid === undefined) throw new Error('the process did not start');
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const exited = exitOf(child);
  return {
    pid: child.pid,
    get logLines() {
      return output.stdout.split('\n').flatMap(readLogLine);
    },
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    exited,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a command that is expected to end by itself. @param main of another folder than the build */
export async function commandResult(args: readonly string[], env: Environment, main = program) {
  const command = runCommand(args, env, { main });
  try {
    const { code } = await within('the command to end', command.exited, startTimeoutMs);
    return { code, stdout: command.stdout, stderr: command.stderr };
  } finally {
    await command.stop();
  }
}

/** `serve` in a process of its own; resolves once it listens. */
export async function spawnGateway(
  env: Environment = {},
  how: Pick<How, 'uid' | 'openFiles'> = {},
): Promise<GatewayProcess> {
  const settings = { PORT: '0', HOST: '127.0.0.1', ENGINE_URL: nowhere, ...env };
  const gateway = await untilListening(runCommand(['serve'], settings, how), 'listening');
  return Object.assign(gateway, { wsUrl: `ws://127.0.0.1:${gateway.port}` });
}

/** `engine`, the demo engine, in a process of its own; resolves once it listens. */
export function spawnEngine(env: Environment = {}): Promise<ServingProcess> {
  const settings = { ENGINE_PORT: '0', HOST: '127.0.0.1', ...env };
  return untilListening(runCommand(['engine'], settings), 'demo engine listening');
}

/** `demo` as people start it, but for its port; resolves once it listens. */
export function spawnDemo(): Promise<ServingProcess> {
  return untilListening(runCommand(['demo'], { PORT: '0' }), 'listening');
}

async function untilListening(command: CommandProcess, line: string): Promise<ServingProcess> {
  const ended = command.exited.then(({ code }) => {
    throw new Error(`the process ended with ${code} before it listened: ${command.stderr}`);
  });
  const listening = waitFor(`the line "${line}"`, () => portOf(command.logLines, line), {
    timeoutMs: startTimeoutMs,
  });
  try {
    const port = await Promise.race([listening, ended]);
    ended.catch(() => {});
    // Its accessors are read when asked, so they are not copied.
    return Object.assign(command, { port, url: `http://127.0.0.1:${port}` });
  } catch (error) {
    listening.catch(() => {});
    await command.stop();
    throw error;
  }
}

function portOf(lines: readonly JsonObject[], line: string): number | undefined {
  const port = lines.find(({ msg }) => msg === line)?.port;
  return typeof port === 'number' ? port : undefined;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    // 'close' comes after the last output, 'exit' may come before it.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function readLogLine(line: string): JsonObject[] {
  if (!line.startsWith('{')) return [];
  try {
    const entry: unknown = JSON.parse(line);
    return isJsonObject(entry) ? [entry] : [];
  } catch {
    // The last line may not be complete yet.
    return [];
  }
}
