import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { python, pythonSocketIo, whyLeftOut } from '../setup/programs.mjs';
import { spawnEngine, spawnGateway } from '../support/gateway-process.ts';
import { exampleOf } from '../support/pages.ts';
import { runPython } from '../support/python.ts';
import { type TestScope, useIn, within } from '../support/wait.ts';

const lost = 'connection lost: what was printed last is the last known';
const lengthy = { timeout: 240_000 };

/** An engine and a gateway whose allowed origins are no address of its own, which the libraries send as theirs. */
async function startBoth(test: TestScope) {
  const engine = await useIn(test, spawnEngine());
  const settings = { ENGINE_URL: engine.url, ALLOWED_ORIGINS: 'https://dash.example.com' };
  const gateway = await useIn(test, spawnGateway(settings));
  const startAgain = () => useIn(test, spawnGateway({ ...settings, PORT: `${gateway.port}` }));
  return { engine, gateway, startAgain };
}

/** Runs an example as it stands on its page, at another port. */
function runExample(test: TestScope, code: string, port: number) {
  const here = code.replace('localhost:3000', `localhost:${port}`);
  expect(here).toContain(`${port}`);
  return runPython(test, here);
}

/** The same program with one transport, which its users name so. */
function only(transport: string, code: string): string {
  const changed = code.replace(
    'connect("http://localhost:3000")',
    `connect("http://localhost:3000", transports=["${transport}"])`,
  );
  expect(changed).not.toBe(code);
  return changed;
}

async function endsByCtrlC({ child }: ReturnType<typeof runPython>): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await within('Ctrl+C to end it', exited);
}

describe.skipIf(whyLeftOut(python))('The way in with Python', () => {
  it('shows prices, says when they are no longer live, and comes back', async (test) => {
    const { engine, gateway, startAgain } = await startBoth(test);
    const script = runExample(test, exampleOf('Python'), gateway.port);
    const price = /^\d+ \d+\.\d+ fresh $/;

    const first = await script.says('a price', price);
    engine.kill('SIGSTOP');
    const stale = await script.says(
      'the engine to be missed',
      /^\d+ \d+\.\d+ (stale|down) no complete answer/,
      first,
    );
    engine.kill('SIGCONT');
    const again = await script.says('the engine to be back', price, stale);
    gateway.kill('SIGSTOP');
    const hung = await script.says('a hanging gateway to be noticed', lost, again);
    await gateway.stop();
    const gone = await script.says('the reason why it cannot come back', /^not connected: .*refused/, hung);
    await startAgain();
    await script.says('prices of the new gateway', price, gone);
    await endsByCtrlC(script);
  });
});

describe.skipIf(whyLeftOut(pythonSocketIo))('The way in with Socket.IO for Python', lengthy, () => {
  const figures = /^\{'total': \d+, .*\} \d+\.\d+$/;
  const example = () => exampleOf('Python with Socket.IO');

  it.concurrent.for<[string, (code: string) => string]>([
    ['polling, then a WebSocket', (code) => code],
    ['a WebSocket', (code) => only('websocket', code)],
    ['polling', (code) => only('polling', code)],
  ])('shows figures by %s, says when they are no longer live, and comes back', async ([, change], test) => {
    const { engine, gateway, startAgain } = await startBoth(test);
    const script = runExample(test, change(example()), gateway.port);

    const first = await script.says('figures', figures);
    const moved = await script.says('figures that have moved', figures, first);
    engine.kill('SIGSTOP');
    const failed = await script.says('the engine to be missed', /^not live: ./, moved);
    engine.kill('SIGCONT');
    const again = await script.says('the engine to be back', figures, failed);
    await gateway.stop();
    const gone = await script.says('the end of the connection', lost, again);
    await startAgain();
    await script.says('figures of the new gateway', figures, gone);
    await endsByCtrlC(script);
  });

  it('waits for a gateway that is not there yet', async (test) => {
    const { gateway, startAgain } = await startBoth(test);
    await gateway.stop();
    const script = runExample(test, example(), gateway.port);
    const refused = await script.says('why it is not connected', /^not connected: .*refused/);
    await startAgain();
    await script.says('figures', figures, refused);
  });
});
