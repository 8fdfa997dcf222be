#!/usr/bin/env node
import { helpText, type Invocation, readCommandLine } from './cli/commands.ts';
import { runDemo, runEngine } from './cli/demo.ts';
import { serve } from './cli/serve.ts';
import { tail } from './cli/tail.ts';
import { ConfigError, loadSettings, printSettings } from './config/load.ts';
import { errorMessage } from './core/errors.ts';
import { createLogger } from './observe/logger.ts';
import { version } from './version.ts';

const engineUrlNeeded =
  'the engine to poll, such as http://localhost:8000 (to try without one: telemetry-bff demo)';
const required = { serve: { ENGINE_URL: engineUrlNeeded }, demo: {}, engine: {} } as const;

async function run(invocation: Invocation): Promise<void> {
  switch (invocation.do) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'version':
      process.stdout.write(`${version}\n`);
      return;
    case 'refuse':
      process.stderr.write(`telemetry-bff: ${invocation.message}\n\n${helpText}`);
      process.exitCode = 64;
      return;
    case 'print-config':
      process.stdout.write(`${printSettings(loadSettings({ env: process.env }))}\n`);
      return;
    case 'tail': {
      const code = await tail(invocation.tail, {
        print: (text) => process.stdout.write(`${text}\n`),
        complain: (text) => process.stderr.write(`${text}\n`),
        colour: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
      });
      // Once all is written, and not when the other end has answered the close: a stuck one never does.
      process.stdout.write('', () => process.exit(code));
      return;
    }
    default: {
      const settings = loadSettings({ env: process.env, required: required[invocation.do] });
      const log = createLogger({ level: settings.LOG_LEVEL });
      if (invocation.do === 'engine') await runEngine(settings, log);
      else if (invocation.do === 'demo') await runDemo(settings, log, (text) => process.stdout.write(text));
      else await serve({ ...settings, ENGINE_URL: settings.ENGINE_URL ?? '' }, log);
    }
  }
}

/** By then a write under way has failed. */
const logNoticesMs = 100;
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
    // Who reads the output has seen enough, as `head` does: nothing failed. The log, which writes on its own, must
    // have noticed too: its flush at exit would try for ever.
    setTimeout(() => process.exit(0), logNoticesMs);
  });
}

try {
  await run(readCommandLine(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(error instanceof ConfigError ? ConfigError.exitCode : 1);
}
