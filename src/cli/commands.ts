import { parseArgs } from 'node:util';
import { msgpack } from '../client/msgpack.ts';
import { readBase } from '../client/options.ts';
import type { TelemetryClientOptions } from '../client/types.ts';
import { createView } from '../client/view.ts';
import { errorMessage } from '../core/errors.ts';

const commands = {
  serve: 'run the gateway (needs ENGINE_URL)',
  demo: 'run the gateway and an embedded demo engine with a simulated market',
  engine: 'the demo engine alone (ENGINE_PORT, default 8000; events to REDIS_URL, logs to ENGINE_LOG_DIR)',
} as const;
type Command = keyof typeof commands;
const remoteCommands = {
  'tail URL': 'print a line for each update of a gateway (see below)',
  'halt [URL]': 'have the engine halted (see below)',
  'resume [URL]': 'have it resumed',
} as const;

export interface HaltArguments {
  readonly command: 'HALT' | 'RESUME';
  /** The gateway: http or https, its path ending with a slash. */
  readonly base: URL;
  readonly reason: string | undefined;
  readonly token: string | undefined;
}

export interface TailArguments {
  readonly connect: TelemetryClientOptions & { readonly url: string };
  /** Print the WELCOME and exit. */
  readonly once: boolean;
  /** With `once`: any WELCOME will do, however stale the state. */
  readonly any: boolean;
}

export type Invocation =
  | { readonly do: Command }
  | { readonly do: 'help' | 'version' | 'print-config' }
  | { readonly do: 'tail'; readonly tail: TailArguments }
  | { readonly do: 'halt'; readonly halt: HaltArguments }
  | { readonly do: 'refuse'; readonly message: string; readonly exitCode: number };

/** EX_USAGE of sysexits.h. */
const usageExitCode = 64;
/** Of `halt` and `resume`, see `giveCommand`. */
const haltUsageExitCode = 2;

/** @param args without node and the script. @param env defaults for what they leave out */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const [first, ...others] = args;
  // Wherever the word stands: `--token T halt` is a `halt` with a bad command line.
  const isHalt = first !== 'tail' && (args.includes('halt') || args.includes('resume'));
  const exitCode = isHalt ? haltUsageExitCode : usageExitCode;
  const refuse = (message: string) => ({ do: 'refuse', message, exitCode }) as const;
  if (args.includes('--help') || args.includes('-h')) return { do: 'help' };
  if (args.includes('--version')) return { do: 'version' };
  if (first === 'tail') {
    const tail = readTailArguments(others);
    return typeof tail === 'string' ? refuse(tail) : { do: 'tail', tail };
  }
  if (first === 'halt' || first === 'resume') {
    const halt = readHaltArguments(first, others, env);
    return typeof halt === 'string' ? refuse(halt) : { do: 'halt', halt };
  }
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--print-config');
  if (unknown !== undefined) return refuse(`unknown option ${unknown}`);
  const [name = 'serve', ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (!isCommand(name)) return refuse(`unknown command ${name}`);
  if (rest.length > 0) return refuse(`${name} takes no argument ${rest.join(' ')}`);
  return { do: args.includes('--print-config') ? 'print-config' : name };
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(commands, name);
}

const tailOptions = {
  mode: { type: 'string', default: 'full' },
  encoding: { type: 'string', default: 'json' },
  interval: { type: 'string' },
  sections: { type: 'string' },
  symbol: { type: 'string' },
  token: { type: 'string' },
  once: { type: 'boolean', default: false },
  any: { type: 'boolean', default: false },
} as const;

/** @returns what to do, or what is wrong with the command line */
export function readTailArguments(args: readonly string[]): TailArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: tailOptions,
      allowPositionals: true,
    });
    const [url, ...rest] = positionals;
    if (url === undefined) return 'tail needs a URL, such as ws://localhost:3000';
    if (rest.length > 0) return `tail takes one URL, not also ${rest.join(' ')}`;
    const { mode, encoding, interval, sections, symbol, token, once, any } = values;
    if (mode !== 'full' && mode !== 'delta') return `--mode ${mode}: expected full or delta`;
    if (encoding !== 'json' && encoding !== 'msgpack')
      return `--encoding ${encoding}: expected json or msgpack`;
    if (any && !once) return '--any goes with --once';
    const connect: TailArguments['connect'] = {
      url,
      mode,
      encoding,
      ...(interval === undefined ? {} : { interval: Number(interval) }),
      ...(sections === undefined ? {} : { sections: sections.split(',').filter((name) => name !== '') }),
      ...(symbol === undefined ? {} : { symbol }),
      ...(token === undefined ? {} : { token }),
    };
    // Both throw as the client would.
    readBase(url);
    createView(connect, msgpack);
    return { connect, once, any };
  } catch (error) {
    return errorMessage(error);
  }
}

const haltOptions = { reason: { type: 'string' }, token: { type: 'string' } } as const;

/**
 * @param env `TELEMETRY_TOKEN` stands in for `--token`, which everyone on the machine can see; `PORT` is that of the
 *   local gateway
 * @returns what to do, or what is wrong with the command line
 */
export function readHaltArguments(
  name: 'halt' | 'resume',
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HaltArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: haltOptions,
      allowPositionals: true,
    });
    const [url = `http://127.0.0.1:${env.PORT || 3000}`, ...rest] = positionals;
    if (rest.length > 0) return `${name} takes one URL, not also ${rest.join(' ')}`;
    const token = values.token ?? (env.TELEMETRY_TOKEN || undefined);
    const fault = token === undefined ? undefined : tokenFault(token.trim());
    if (fault !== undefined) return fault;
    return {
      command: name === 'halt' ? 'HALT' : 'RESUME',
      base: readBase(url),
      reason: values.reason,
      token: token?.trim(),
    };
  } catch (error) {
    return errorMessage(error);
  }
}

/** A token that no header can hold would fail as a network error. */
function tokenFault(token: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : '--token (or TELEMETRY_TOKEN): expected a JSON Web Token, in one line without blanks';
}

export const helpText = `Usage: telemetry-bff [command] [option]

Commands
${Object.entries({ ...commands, ...remoteCommands })
  .map(([name, does]) => `  ${name.padEnd(14)}${does}`)
  .join('\n')}
  Without a command: serve.

Options
  --print-config  print the settings in force, secrets left out, and exit
  --version       print the version and exit
  --help          print this and exit

Options of tail
  --once          print the WELCOME and exit, as a health check: 0, or 1 unless the state is fresh within 3 s
  --any           with --once: a WELCOME is enough, whatever it says of the engine
  --mode full|delta   --encoding json|msgpack   --interval MS
  --sections market,logs   --symbol QQQ   --token JWT

Options of halt and resume
  URL             the gateway; http://127.0.0.1:3000, or with PORT, where it is left out
  --reason TEXT   for the audit log
  --token JWT     better given as TELEMETRY_TOKEN, which others on the machine cannot see
  Exit code: 0 the engine acknowledged it, 1 refused without an effect, 2 a bad command line,
  3 no gateway there and nothing sent, 4 it may have been carried out.

Settings come from the environment, or from the JSON or YAML file that CONFIG_FILE names.
All of them: src/config/README.md.
`;
