import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The programs outside npm that some tests drive for real, and how to get each. */
export const redis = {
  title: 'Redis',
  commands: ['redis-server'],
  skipVariable: 'SKIP_REDIS',
  debianPackages: ['redis-server'],
  service: 'redis-server',
  install: 'apt-get install redis-server, or on macOS: brew install redis',
};

export const chromium = {
  title: 'Chromium',
  pathVariable: 'CHROMIUM_PATH',
  // The one without windows has the same engine, and none of the browser's own pages to run beside the tests'.
  commands: [
    'chromium-headless-shell',
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  skipVariable: 'SKIP_BROWSER',
  debianPackages: ['chromium-headless-shell'],
  install:
    'apt-get install chromium-headless-shell, or on macOS: brew install --cask google-chrome; or name one in CHROMIUM_PATH',
};

export const nginx = {
  title: 'nginx',
  // Debian has it where only root looks.
  commands: ['nginx', '/usr/sbin/nginx'],
  skipVariable: 'SKIP_NGINX',
  debianPackages: ['nginx'],
  service: 'nginx',
  install: 'apt-get install nginx, or on macOS: brew install nginx',
};

export const haproxy = {
  title: 'HAProxy',
  commands: ['haproxy', '/usr/sbin/haproxy'],
  skipVariable: 'SKIP_HAPROXY',
  debianPackages: ['haproxy'],
  service: 'haproxy',
  install: 'apt-get install haproxy, or on macOS: brew install haproxy',
};

export const caddy = {
  title: 'Caddy',
  commands: ['caddy'],
  skipVariable: 'SKIP_CADDY',
  debianPackages: ['caddy'],
  service: 'caddy',
  install: 'apt-get install caddy, or on macOS: brew install caddy',
};

export const python = {
  title: 'Python with websocket-client',
  // Debian's own: another one on the path does not find Debian's packages.
  commands: ['/usr/bin/python3'],
  needs: ['/usr/lib/python3/dist-packages/websocket'],
  skipVariable: 'SKIP_PYTHON',
  debianPackages: ['python3-websocket'],
  install: 'on Debian: apt-get install python3-websocket',
};

export const pythonSocketIo = {
  title: 'Python with python-socketio',
  commands: python.commands,
  // The library does without the other two where it is not asked for WebSockets, or for polling.
  needs: ['socketio', 'websocket', 'requests'].map((name) => `/usr/lib/python3/dist-packages/${name}`),
  skipVariable: 'SKIP_PYTHON_SOCKETIO',
  debianPackages: ['python3-socketio', 'python3-websocket', 'python3-requests'],
  install: 'on Debian: apt-get install python3-socketio python3-websocket python3-requests',
};

export const openssl = {
  title: 'OpenSSL',
  commands: ['openssl'],
  skipVariable: 'SKIP_OPENSSL',
  debianPackages: ['openssl'],
  install: 'apt-get install openssl, or on macOS: brew install openssl',
};

/** Without these most of what the product does is not tested: a failure in CI. */
export const requiredPrograms = [redis, chromium];
/** Those that users put before the gateway or connect with: their tests are left out where they cannot be had. */
export const optionalPrograms = [nginx, haproxy, caddy, openssl, python, pythonSocketIo];

/** The full path of the program, or undefined where this machine has none. */
export function findProgram(program) {
  if (!(program.needs ?? []).every((path) => existsSync(path))) return undefined;
  const named = program.pathVariable === undefined ? undefined : process.env[program.pathVariable];
  const candidates = named ? [named] : program.commands;
  return candidates.flatMap(placesOf).find(isExecutable);
}

/** Why tests that need the program are left out, or false where they can run. */
export function whyLeftOut(program) {
  if (isSkipped(program)) return `${program.skipVariable} is set`;
  if (findProgram(program) === undefined) return `${program.title} was not found (${program.install})`;
  return false;
}

export function isSkipped(program) {
  return !['', '0', undefined].includes(process.env[program.skipVariable]);
}

function placesOf(command) {
  if (isAbsolute(command)) return [command];
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
