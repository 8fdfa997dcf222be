import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { findProgram, python, whyLeftOut } from '../setup/programs.mjs';
import { type GatewayProcess, spawnEngine, spawnGateway } from '../support/gateway-process.ts';
import { exampleOf } from '../support/pages.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const lost = 'connection lost: what was printed last is the last known';

interface Script {
  readonly child: ChildProcessWithoutNullStreams;
  /** The lines printed so far. */
  readonly lines: readonly string[];
}

/** Runs the example of the page; nothing of it is changed but the address. */
function runExample(test: TestScope, { wsUrl }: GatewayProcess): Script {
  const command = findProgram(python) ?? '';
  const code = exampleOf('Python').replace('ws://localhost:3000', wsUrl.replace('127.0.0.1', 'localhost'));
  expect(code).toContain(new URL(wsUrl).port);
  const child = spawn(command, ['-u', '-c', code]);
  test.onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    child,
    get lines() {
      return output.trimEnd().split('\n');
    },
  };
}

describe.skipIf(whyLeftOut(python))('The way in with Python', () => {
  it('shows prices, says when they are no longer live, and comes back', async (test) => {
    const engine = await useIn(test, spawnEngine());
    // The library sends the gateway's own address as its origin.
    const settings = { ENGINE_URL: engine.url, ALLOWED_ORIGINS: 'https://dash.example.com' };
    const gateway = await useIn(test, spawnGateway(settings));
    const script = runExample(test, gateway);
    const { child } = script;
    const says = (what: string, pattern: RegExp | string, from = 0): Promise<number> =>
      waitFor(
        what,
        () => {
          const index = script.lines.findIndex(
            (line, at) => at >= from && (typeof pattern === 'string' ? line === pattern : pattern.test(line)),
          );
          return index >= 0 && index + 1;
        },
        { state: () => script.lines.slice(-5) },
      );
    const price = /^\d+ \d+\.\d+ fresh $/;

    const first = await says('a price', price);
    engine.kill('SIGSTOP');
    const stale = await says(
      'the engine to be missed',
      /^\d+ \d+\.\d+ (stale|down) no complete answer/,
      first,
    );
    engine.kill('SIGCONT');
    const again = await says('the engine to be back', price, stale);
    gateway.kill('SIGSTOP');
    const hung = await says('a hanging gateway to be noticed', lost, again);
    await gateway.stop();
    const gone = await says('the reason why it cannot come back', /^not connected: .*refused/, hung);
    await useIn(test, spawnGateway({ ...settings, PORT: `${gateway.port}` }));
    await says('prices of the new gateway', price, gone);

    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await within('Ctrl+C to end it', exited);
  });
});
