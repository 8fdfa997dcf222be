import type { Checked } from './health.ts';

const commands = {
  serve: 'run the gateway (needs ENGINE_URL)',
  demo: 'run the gateway and an embedded demo engine with a simulated market',
  engine: 'the demo engine alone (ENGINE_PORT, 8000; events to REDIS_URL, logs to ENGINE_LOG_DIR)',
} as const;
type Command = keyof typeof commands;
const askingCommands = {
  'health [engine]': 'ask whether the gateway of these settings is alive, or the demo engine: 0, or 1',
  'tail URL': 'print a line for each update of a gateway (see below)',
  'halt [URL]': 'have the engine halted (see below)',
  'resume [URL]': 'have it resumed',
} as const;

export type Invocation =
  | { readonly do: Command | 'help' | 'version' | 'print-config' }
  | { readonly do: 'health'; readonly of: Checked }
  /** What follows the command: its own module reads it, which others need not load. */
  | { readonly do: 'tail' | 'halt' | 'resume'; readonly args: readonly string[] }
  | Refused;

/** A wrong command line. */
export interface Refused {
  readonly do: 'refuse';
  readonly message: string;
  readonly exitCode: number;
}

/** EX_USAGE of sysexits.h. */
const usageExitCode = 64;
/** Of `halt` and `resume`, see `giveCommand`. */
const haltUsageExitCode = 2;

/** @param message what is wrong with the command line @param args that line */
export function refuse(message: string, args: readonly string[]): Refused {
  // Wherever the word stands: `--token T halt` is a `halt` with a bad command line.
  const isHalt = args[0] !== 'tail' && (args.includes('halt') || args.includes('resume'));
  return { do: 'refuse', message, exitCode: isHalt ? haltUsageExitCode : usageExitCode };
}

/** @param args without node and the script */
export function readCommandLine(args: readonly string[]): Invocation {
  const [first, ...others] = args;
  if (args.includes('--help') || args.includes('-h')) return { do: 'help' };
  if (args.includes('--version')) return { do: 'version' };
  if (first === 'tail' || first === 'halt' || first === 'resume') return { do: first, args: others };
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--print-config');
  if (unknown !== undefined) return refuse(`unknown option ${unknown}`, args);
  const [name = 'serve', ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (name === 'health' && !args.includes('--print-config')) {
    const [of = 'serve'] = rest;
    if (rest.length <= 1 && (of === 'serve' || of === 'engine')) return { do: 'health', of };
    return refuse(`health takes "engine" or nothing, not ${rest.join(' ')}`, args);
  }
  if (!isCommand(name)) return refuse(`unknown command ${name}`, args);
  if (rest.length > 0) return refuse(`${name} takes no argument ${rest.join(' ')}`, args);
  return { do: args.includes('--print-config') ? 'print-config' : name };
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(commands, name);
}

export const helpText = `Usage: telemetry-bff [command] [option]

Commands
${Object.entries({ ...commands, ...askingCommands })
  .map(([name, does]) => `  ${name.padEnd(16)}${does}`)
  .join('\n')}
  Without a command: serve.

Options
  --print-config  print the settings in force, secrets left out, and exit
  --version       print the version and exit
  --help          print this and exit

Options of tail
  --once          print the WELCOME and exit, as a health check: 0, or 1 unless the state is fresh within 3 s
  --any           with --once: a WELCOME is enough, whatever it says of the engine
  --json          a JSON object a line: src/config/README.md#tail
  --mode full|delta   --encoding json|msgpack   --interval MS
  --sections market,logs   --symbol QQQ
  Exit code: 1 where the gateway refuses it for good (origin, host, token), 0 where its reader has gone.

Options of halt and resume
  URL             the gateway; http://127.0.0.1:3000, or with PORT, where it is left out
  --reason TEXT   for the audit log
  Exit code: 0 the engine acknowledged it, 1 refused without an effect, 2 a bad command line,
  3 no gateway there and nothing sent, 4 it may have been carried out.

Options of all three
  --token JWT     better given as TELEMETRY_TOKEN, which others on the machine cannot see

Settings come from the environment, or from the JSON or YAML file that CONFIG_FILE names.
All of them: src/config/README.md.
`;
