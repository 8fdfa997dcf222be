import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type TestScope, waitFor } from './wait.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm run` knows. */
export const { scripts: npmScripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** What the commands of the pages are here. */
const prelude = `
npx() { [ "$1" = wscat ] || return 127; shift; node test/support/wscat.mjs "$@"; }
npm() { [ "$*" = start ] || return 127; ( ${npmScripts.start} ); }
telemetry-bff() { node dist/main.js "$@"; }
redis-cli() { command redis-cli -u "$REDIS_URL" "$@"; }
curl() { command curl -sS --fail-with-body --max-time 5 "$@"; }
`;

/** Those that go on until somebody ends them. */
const isLasting = (command: string): boolean =>
  (/wscat/.test(command) && !/ -w /.test(command)) ||
  (/ tail /.test(command) && !/--once/.test(command)) ||
  /npm start|main\.js (?:serve|engine)|curl -N/.test(command);

export interface Outcome {
  /** Undefined: it was still running when it had said something. */
  readonly code: number | undefined;
  readonly output: string;
}

export interface ShellOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Lines for its standard input. */
  readonly input?: readonly string[];
  /** Of a command that lasts: whether it has said enough. Default: anything. */
  readonly isEnough?: (output: string) => boolean;
}

/** Runs a command line of a page in a shell, until its end, or, if it would go on for ever, until it has said enough. */
export async function runShown(
  test: TestScope,
  command: string,
  { env, input = [], isEnough = (output) => output !== '' }: ShellOptions,
): Promise<Outcome> {
  const child = spawn('bash', ['--norc', '-c', `${prelude}\n${command}`], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    // A group of its own, as what the shell has started is to end with it.
    detached: true,
  });
  let ended: number | undefined;
  child.on('close', (code) => {
    ended = code ?? -1;
  });
  test.onTestFinished(() => end(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const lasts = isLasting(command);
  if (lasts) {
    // One that has its input closed would end.
    await waitFor(`the first words of: ${command}`, () => ended !== undefined || output !== '');
    for (const line of input) child.stdin.write(`${line}\n`);
  } else child.stdin.end();
  await waitFor(`what is to come of: ${command}`, () => ended !== undefined || (lasts && isEnough(output)), {
    state: () => output,
  });
  if (ended === undefined) end(child);
  return { code: ended, output };
}

function end({ pid, exitCode, signalCode }: ChildProcessWithoutNullStreams): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}
