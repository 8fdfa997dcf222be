import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { caddy, findProgram, haproxy, nginx, type Program } from '../setup/programs.mjs';
import { type Resource, waitFor } from './wait.ts';

/** How a reverse proxy of users is run in the foreground, with nothing outside its folder. */
interface ProxyKind {
  readonly program: Program;
  readonly file: string;
  /** What stands around the part of a configuration that pages show. */
  around(part: string): string;
  readonly check: readonly string[];
  readonly run: readonly string[];
}

const nginxTemporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export const proxyKinds = {
  nginx: {
    program: nginx,
    file: 'nginx.conf',
    around: (part) => `
      worker_processes 1; daemon off; pid nginx.pid; error_log stderr;
      events { worker_connections 256; }
      http { access_log off; ${nginxTemporary.map((name) => `${name}_temp_path ${name};`).join(' ')} ${part} }`,
    check: ['-p', '.', '-e', 'stderr', '-c', 'nginx.conf', '-t'],
    run: ['-p', '.', '-e', 'stderr', '-c', 'nginx.conf'],
  },
  caddy: {
    program: caddy,
    file: 'Caddyfile',
    // Neither its port for administration nor the one for redirects from http.
    around: (part) => `{\n admin off\n auto_https disable_redirects\n}\n${part}`,
    check: ['validate', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    run: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
  },
  haproxy: {
    program: haproxy,
    file: 'haproxy.cfg',
    around: (part) => part,
    check: ['-c', '-f', 'haproxy.cfg'],
    run: ['-db', '-f', 'haproxy.cfg'],
  },
} as const satisfies Record<string, ProxyKind>;

export type ProxyName = keyof typeof proxyKinds;

/** Starts a proxy whose configuration listens on this port of loopback; rejects with its words if it refuses it. */
export async function startProxy(name: ProxyName, part: string, port: number): Promise<Resource> {
  const { program, file, around, check, run } = proxyKinds[name];
  const command = findProgram(program);
  if (command === undefined) throw new Error(`${program.title} was not found (${program.install})`);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const env = { ...process.env, HOME: folder };
  writeFileSync(join(folder, file), around(part));
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await promisify(execFile)(command, [...check], { cwd: folder, env });
    child = spawn(command, [...run], { cwd: folder, env, stdio: 'ignore' });
    await waitFor(`${program.title} to listen`, () => accepts(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (whether: boolean) => {
      socket.destroy();
      resolve(whether);
    };
    socket.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}
