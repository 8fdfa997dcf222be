import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The programs outside npm that some tests drive for real, and how to get each. */
export const redis = {
  title: 'Redis',
  commands: ['redis-server'],
  skipVariable: 'SKIP_REDIS',
  debianPackage: 'redis-server',
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
  debianPackage: 'chromium-headless-shell',
  install:
    'apt-get install chromium-headless-shell, or on macOS: brew install --cask google-chrome; or name one in CHROMIUM_PATH',
};

/** The full path of the program, or undefined where this machine has none. */
export function findProgram(program) {
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
