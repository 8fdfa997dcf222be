import { type HaltArguments, readHaltArguments } from './halt-arguments.ts';
import { readTailArguments, type TailArguments } from './tail-arguments.ts';

/** The commands of `telemetry-bff`, for `--help` and for reading the command line. */
const commands = {
  serve: 'run the gateway (needs ENGINE_URL)',
  demo: 'run the gateway and an embedded demo engine with a simulated market',
  engine: 'the demo engine alone (ENGINE_PORT, default 8000; events to REDIS_URL, logs to ENGINE_LOG_DIR)',
} as const;
export type Command = keyof typeof commands;
/** Those that talk to a gateway. */
const remoteCommands = {
  'tail URL': 'print a line for each update of a gateway (see below)',
  'halt [URL]': 'have the engine halted (see below)',
  'resume [URL]': 'have it resumed',
} as const;

export type Invocation =
  | { readonly do: Command }
  | { readonly do: 'help' | 'version' | 'print-config' }
  | { readonly do: 'tail'; readonly tail: TailArguments }
  | { readonly do: 'halt'; readonly halt: HaltArguments }
  | { readonly do: 'refuse'; readonly message: string; readonly exitCode: number };

/** EX_USAGE of sysexits.h. */
const usageExitCode = 64;
/** Of the commands whose exit codes scripts go by: see `giveCommand`. */
const haltUsageExitCode = 2;

/**
 * @param args what follows the script's name on the command line
 * @param env for what may be left out there
 */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const refuse = (message: string, exitCode = usageExitCode) =>
    ({ do: 'refuse', message, exitCode }) as const;
  const [first, ...others] = args;
  if (args.includes('--help') || args.includes('-h')) return { do: 'help' };
  if (args.includes('--version')) return { do: 'version' };
  if (first === 'tail') {
    const tail = readTailArguments(others);
    return typeof tail === 'string' ? refuse(tail) : { do: 'tail', tail };
  }
  if (first === 'halt' || first === 'resume') {
    const halt = readHaltArguments(first, others, env);
    return typeof halt === 'string' ? refuse(halt, haltUsageExitCode) : { do: 'halt', halt };
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
