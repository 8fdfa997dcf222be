import { readTailArguments, type TailArguments } from './tail-arguments.ts';

/** The commands of `telemetry-bff`, for `--help` and for reading the command line. */
const commands = {
  serve: 'run the gateway (needs ENGINE_URL)',
  demo: 'run the gateway and an embedded demo engine with a simulated market',
  engine:
    'run the demo engine alone (ENGINE_PORT, default 8000; events to REDIS_URL, logs to ENGINE_LOG_DIR)',
} as const;
export type Command = keyof typeof commands;
const tailHelp = 'print a line for each update of a gateway (see below)';

export type Invocation =
  | { readonly do: Command }
  | { readonly do: 'help' | 'version' | 'print-config' }
  | { readonly do: 'tail'; readonly tail: TailArguments }
  | { readonly do: 'refuse'; readonly message: string };

/** @param args what follows the script's name on the command line */
export function readCommandLine(args: readonly string[]): Invocation {
  if (args.includes('--help') || args.includes('-h')) return { do: 'help' };
  if (args.includes('--version')) return { do: 'version' };
  if (args[0] === 'tail') {
    const tail = readTailArguments(args.slice(1));
    return typeof tail === 'string' ? { do: 'refuse', message: tail } : { do: 'tail', tail };
  }
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--print-config');
  if (unknown !== undefined) return { do: 'refuse', message: `unknown option ${unknown}` };
  const [name = 'serve', ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (!isCommand(name)) return { do: 'refuse', message: `unknown command ${name}` };
  if (rest.length > 0) return { do: 'refuse', message: `${name} takes no argument ${rest.join(' ')}` };
  return { do: args.includes('--print-config') ? 'print-config' : name };
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(commands, name);
}

export const helpText = `Usage: telemetry-bff [command] [option]

Commands
${Object.entries({ ...commands, 'tail URL': tailHelp })
  .map(([name, does]) => `  ${name.padEnd(10)}${does}`)
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

Settings come from the environment, or from the JSON or YAML file that CONFIG_FILE names.
The README lists them all.
`;
