/** The commands of `telemetry-bff`, for `--help` and for reading the command line. */
const commands = {
  serve: 'run the gateway (needs ENGINE_URL)',
  demo: 'run the gateway and an embedded demo engine with a simulated market',
  engine:
    'run the demo engine alone (ENGINE_PORT, default 8000; events to REDIS_URL, logs to ENGINE_LOG_DIR)',
} as const;
export type Command = keyof typeof commands;

export type Invocation =
  | { readonly do: Command }
  | { readonly do: 'help' | 'version' }
  | { readonly do: 'print-config'; readonly command: Command }
  | { readonly do: 'refuse'; readonly message: string };

/** @param args what follows the script's name on the command line */
export function readCommandLine(args: readonly string[]): Invocation {
  if (args.includes('--help') || args.includes('-h')) return { do: 'help' };
  if (args.includes('--version')) return { do: 'version' };
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--print-config');
  if (unknown !== undefined) return { do: 'refuse', message: `unknown option ${unknown}` };
  const [name = 'serve', ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (!isCommand(name)) return { do: 'refuse', message: `unknown command ${name}` };
  if (rest.length > 0) return { do: 'refuse', message: `${name} takes no argument ${rest.join(' ')}` };
  return args.includes('--print-config') ? { do: 'print-config', command: name } : { do: name };
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(commands, name);
}

export const helpText = `Usage: telemetry-bff [command] [option]

Commands
${Object.entries(commands)
  .map(([name, does]) => `  ${name.padEnd(8)}${does}`)
  .join('\n')}
  Without a command: serve.

Options
  --print-config  print the settings in force, secrets left out, and exit
  --version       print the version and exit
  --help          print this and exit

Settings come from the environment, or from the JSON or YAML file that CONFIG_FILE names.
The README lists them all.
`;
