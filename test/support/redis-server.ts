import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { findProgram, redis, whyLeftOut } from '../setup/programs.mjs';
import { freePort } from './free-port.ts';

/** For `describe.skipIf(redisMissing)`: why tests with a real Redis are left out, or false. */
export const redisMissing: string | false = whyLeftOut(redis);

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Another one after `restart()`. */
  readonly pid: number;
  /** Ends it as a crash would (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it in order (SIGTERM), and waits until it is gone. */
  stop(): Promise<void>;
  /** A new, empty server on the same port; one that still runs is stopped first. */
  restart(): Promise<void>;
}

const readyTimeoutMs = 10_000;
const portsToTry = 5;

/** Starts a Redis server of this test's own on loopback: nothing on disk, and gone when the test process is. */
export async function startRedis(options: { port?: number } = {}): Promise<RedisServer> {
  let running = options.port === undefined ? await startOnSomePort() : await startOn(options.port);
  const { port } = running;
  const end = async (signal: NodeJS.Signals) => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const gone = once(running.child, 'exit');
    running.child.kill(signal);
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGTERM');
      running = await startOn(port);
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/** Between the look for a free port and the start, another process may take it: then the next one. */
async function startOnSomePort(): Promise<Running> {
  let lastError: unknown;
  for (let attempt = 0; attempt < portsToTry; attempt++) {
    const port = await freePort();
    try {
      return await startOn(port);
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
}

async function startOn(port: number): Promise<Running> {
  const command = findProgram(redis);
  if (command === undefined) throw new Error(`${redis.title} was not found (${redis.install})`);
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(command, [...settings, '--dir', tmpdir()], { stdio: ['ignore', 'pipe', 'pipe'] });
  await ready(child);
  if (child.pid === undefined) throw new Error('redis-server has no process id');
  endWithThisProcess(child, child.pid);
  return { child, pid: child.pid, port };
}

/** Settles by what the server itself prints, so that another server on the same port is not mistaken for it. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`redis-server ${what}\n${output}`));
    };
    const endedEarly = () => fail('ended before it was ready');
    const timer = setTimeout(() => fail(`was not ready within ${readyTimeoutMs} ms`), readyTimeoutMs);
    child.once('error', (error) => fail(`did not start: ${error.message}`));
    child.once('exit', endedEarly);
    const read = (text: string) => {
      output = `${output}${text}`.slice(-4_000);
      if (!output.includes('Ready to accept connections')) return;
      clearTimeout(timer);
      child.off('exit', endedEarly);
      resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
  });
}

/**
 * A shell that waits for the end of its input, which comes when this process ends in whatever way, SIGKILL too,
 * and then ends the server.
 */
function endWithThisProcess(child: ChildProcess, pid: number): void {
  const guard = spawn('/bin/sh', ['-c', 'read -r nothing; kill -9 "$1"', 'guard', `${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  child.once('exit', () => guard.kill('SIGKILL'));
}
