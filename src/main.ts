#!/usr/bin/env node
import { helpText, type Invocation, readCommandLine, refuse } from './cli/commands.ts';
import { errorMessage } from './core/errors.ts';

const engineUrlNeeded =
  'the engine to poll, such as http://localhost:8000 (to try without one: telemetry-bff demo)';
const required = { serve: { ENGINE_URL: engineUrlNeeded }, demo: {}, engine: {} } as const;
/** Settings of the demo engine alone. */
const ofEngine = new Set(['ENGINE_PORT', 'ENGINE_LOG_DIR']);
const unread = { serve: ofEngine, demo: new Set(['ENGINE_PORT']), engine: new Set<string>() };

/** What was given, without node and the script. */
const commandLine = process.argv.slice(2);

/** Loads only what a command needs: `halt` does not wait for the gateway's code to load. */
async function run(invocation: Invocation): Promise<void> {
  switch (invocation.do) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'version': {
      const { version } = await import('./version.ts');
      process.stdout.write(`${version}\n`);
      return;
    }
    case 'refuse':
      process.exitCode = invocation.exitCode;
      process.stderr.write(`telemetry-bff: ${invocation.message}\n\n${helpText}`);
      return;
    case 'print-config': {
      const [{ loadSettings }, { printSettings }] = await Promise.all([
        import('./settings.ts'),
        import('./config/load.ts'),
      ]);
      process.stdout.write(`${printSettings(loadSettings({ env: process.env }))}\n`);
      return;
    }
    case 'health': {
      const { health } = await import('./cli/health.ts');
      const fault = await health(process.env, invocation.of);
      if (fault === undefined) return;
      process.exitCode = 1;
      process.stderr.write(`telemetry-bff health: ${fault}\n`);
      return;
    }
    case 'halt':
    case 'resume':
      await giveHalt(invocation.do, invocation.args);
      return;
    case 'tail':
      await follow(invocation.args);
      return;
    default:
      await runServer(invocation.do);
  }
}

async function giveHalt(name: 'halt' | 'resume', args: readonly string[]): Promise<void> {
  const { readHaltArguments } = await import('./cli/halt-arguments.ts');
  const order = readHaltArguments(name, args, process.env);
  if (typeof order === 'string') return await run(refuse(order, commandLine));
  // Until the outcome is known nobody may take it for refused.
  process.exitCode = haltUnknown;
  const { giveCommand } = await import('./cli/halt.ts');
  const { exitCode, text } = await giveCommand(order);
  process.exitCode = exitCode;
  // Exits once written, without waiting for the other way.
  (exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`, () => process.exit(exitCode));
}

async function follow(args: readonly string[]): Promise<void> {
  const { readTailArguments } = await import('./cli/tail-arguments.ts');
  const what = readTailArguments(args, process.env);
  if (typeof what === 'string') return await run(refuse(what, commandLine));
  const { tail } = await import('./cli/tail.ts');
  const code = await tail(what, {
    print: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(`${text}\n`),
    colour: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
  });
  // Exits once written, without waiting for the close handshake: a stuck peer never answers.
  process.stdout.write('', () => process.exit(code));
}

async function runServer(command: keyof typeof required): Promise<void> {
  isServing = true;
  const [{ loadSettings, unknownSettings }, { createLogger }] = await Promise.all([
    import('./settings.ts'),
    import('./observe/logger.ts'),
  ]);
  const given = { env: process.env, required: required[command], unread: unread[command] };
  const settings = loadSettings(given);
  const log = createLogger({ level: settings.LOG_LEVEL });
  const unknown = unknownSettings(given);
  if (unknown.length > 0) log.warn({ names: unknown }, 'not settings, though they begin like some');
  if (command === 'serve') {
    const { serve } = await import('./cli/serve.ts');
    await serve(settings, log);
    return;
  }
  const { runDemo, runEngine } = await import('./cli/demo.ts');
  if (command === 'engine') await runEngine(settings, log);
  else await runDemo(settings, log, (text) => process.stdout.write(text));
}

/** A server does not end because its output cannot be written. */
let isServing = false;

/** The exit code of a command that may have been carried out. */
const haltUnknown = 4;

/** Time in which the log notices a closed pipe: by then a pending write has failed. */
const logNoticesMs = 100;

function heedClosedPipes(): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error) => {
      // The exit code states the outcome of a command, whether or not the text is read.
      if (process.exitCode !== undefined) process.exit();
      if (!('code' in error) || error.code !== 'EPIPE') {
        // A full disk must not end a server.
        if (isServing) return;
        throw error;
      }
      // The reader has closed the pipe, as `head` does: nothing failed. The log, which writes on its own, must have
      // noticed too: its flush at exit would retry for ever.
      setTimeout(() => process.exit(0), logNoticesMs);
    });
  }
}

try {
  const invocation = readCommandLine(commandLine);
  // Opening the streams takes longer than the question, which is asked every few seconds and says nothing if all is well.
  if (invocation.do !== 'health') heedClosedPipes();
  await run(invocation);
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(exitCodeOf(error) ?? process.exitCode ?? 1);
}

/** The one that an error states itself, as ConfigError does. */
function exitCodeOf(error: unknown): number | undefined {
  const named = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return typeof named === 'number' ? named : undefined;
}
