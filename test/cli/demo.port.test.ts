import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandResult, program } from '../support/gateway-process.ts';
import { type TestScope, waitFor, within } from '../support/wait.ts';

/** A demo in a process of its own, and its end. */
function spawnDemo(test: TestScope, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, 'demo'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'close') };
}

/** What a demo has printed so far, once its banner is there. */
async function printedFrom(stdout: Readable): Promise<() => string> {
  let printed = '';
  stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await waitFor('the banner', () => printed.includes('Stop with Ctrl+C.'));
  return () => printed;
}

describe('ENGINE_LOG_DIR', () => {
  it.each([
    ['engine', '/dev/null', 'it is not a folder'],
    ['demo', '/no/such/logs', 'the folder it is to be in is missing'],
  ])('is refused by %s where it cannot be used: %s', async (command, folder, reason) => {
    const env = { HOST: '127.0.0.1', PORT: '0', ENGINE_PORT: '0', ENGINE_LOG_DIR: folder };
    const { code, stderr } = await commandResult([command], env);
    expect(stderr).toContain(`ENGINE_LOG_DIR: cannot write log files to ${folder}: ${reason}`);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(code).toBe(78);
  });
});

describe('ENGINE_PORT', () => {
  it('is named where engine finds it in use', async (test) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? `${address.port}` : '';
    const { code, stderr } = await commandResult(['engine'], { HOST: '127.0.0.1', ENGINE_PORT: port });
    expect([code, stderr.trim()]).toEqual([
      1,
      `cannot listen on 127.0.0.1:${port}: the port is in use. Stop the other program or set ENGINE_PORT.`,
    ]);
  });
});

describe('demo', () => {
  it.for([
    ['0.0.0.0', true],
    ['127.0.0.1', false],
  ] as const)(
    'says first where everything is, and who can watch, on HOST=%s',
    async ([host, isOpen], test) => {
      const { child, ended } = spawnDemo(test, { HOST: host, MAX_CONNECTIONS: '1000000' });
      const printed = await printedFrom(child.stdout);
      child.kill('SIGTERM');
      expect(await within('the end', ended)).toEqual([0, null]);
      const [before = '', behind = ''] = printed().split('telemetry-bff demo');
      expect(before).not.toContain('"level":"warn"');
      expect(behind.includes('Others in your network can watch, too, unless HOST=127.0.0.1')).toBe(isOpen);
      expect(behind).not.toContain('whoever reaches the port can read');
    },
  );

  it('names the pages of metrics where these are served', async (test) => {
    for (const [DIALECTS, isNamed] of [
      ['telemetry', false],
      ['telemetry,metrics', true],
    ] as const) {
      const { child } = spawnDemo(test, { HOST: '127.0.0.1', DIALECTS });
      const printed = await printedFrom(child.stdout);
      expect(/^ {2}Metrics +http:\S+\/#metrics$/m.test(printed()), DIALECTS).toBe(isNamed);
      expect(/^ {2}Socket\.IO +http:\S+#socket-io$/m.test(printed()), DIALECTS).toBe(isNamed);
    }
  });

  it('ends in order where it is told to while the gateway is still starting, and leaves no folder behind', async (test) => {
    const TMPDIR = mkdtempSync(join(tmpdir(), 'demo-ended-'));
    test.onTestFinished(() => rmSync(TMPDIR, { recursive: true }));
    const { child, ended } = spawnDemo(test, { HOST: '127.0.0.1', TMPDIR });
    // It is the engine's that it listens.
    child.stdout.once('data', () => child.kill('SIGTERM'));
    child.stdout.resume();
    expect(await within('the end', ended)).toEqual([0, null]);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it('ends where nobody reads what it prints, whatever its log is about to write', async (test) => {
    const { child, ended } = spawnDemo(test, { HOST: '127.0.0.1' });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await within('the end', ended)).toEqual([0, null]);
  });
});
