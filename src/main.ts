#!/usr/bin/env node
import { helpText, type Invocation, readCommandLine } from './cli/commands.ts';
import { errorMessage } from './core/errors.ts';
import { version } from './version.ts';

const engineUrlNeeded =
  'the engine to poll, such as http://localhost:8000 (to try without one: telemetry-bff demo)';
const required = { serve: { ENGINE_URL: engineUrlNeeded }, demo: {}, engine: {} } as const;
/** Settings of the demo engine alone. */
const ofEngine = new Set(['ENGINE_PORT', 'ENGINE_LOG_DIR']);
const unread = { serve: ofEngine, demo: new Set(['ENGINE_PORT']), engine: new Set<string>() };

/** Loads only what a command needs: `halt` does not wait for the gateway's code to load. */
async function run(invocation: Invocation): Promise<void> {
  switch (invocation.do) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'version':
      process.stdout.write(`${version}\n`);
      return;
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
    case 'halt': {
      // Until the outcome is known nobody may take it for refused.
      process.exitCode = haltUnknown;
      const { giveCommand } = await import('./cli/halt.ts');
      const { exitCode, text } = await giveCommand(invocation.halt);
      process.exitCode = exitCode;
      // Exits once written, without waiting for the other way.
      (exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`, () => process.exit(exitCode));
      return;
    }
    case 'tail': {
      const { tail } = await import('./cli/tail.ts');
      const code = await tail(invocation.tail, {
        print: (text) => process.stdout.write(`${text}\n`),
        complain: (text) => process.stderr.write(`${text}\n`),
        colour: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
      });
      // Exits once written, without waiting for the close handshake: a stuck peer never answers.
      process.stdout.write('', () => process.exit(code));
      return;
    }
    default:
      await runServer(invocation.do);
  }
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
    await serve({ ...settings, ENGINE_URL: settings.ENGINE_URL ?? '' }, log);
    return;
  }
  const { runDemo, runEngine } = await import('./cli/demo.ts');
  if (command === 'engine') await runEngine(settings, log);
  else await runDemo(settings, log, (text) => process.stdout.write(text));
}

/** A server goes on whatever becomes of its output. */
let isServing = false;

/** The exit code of a command that may have been carried out. */
const haltUnknown = 4;

/** By then a pending write has failed. */
const logNoticesMs = 100;
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

try {
  await run(readCommandLine(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(exitCodeOf(error) ?? process.exitCode ?? 1);
}

/** The one that an error states itself, as ConfigError does. */
function exitCodeOf(error: unknown): number | undefined {
  const named = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return typeof named === 'number' ? named : undefined;
}
