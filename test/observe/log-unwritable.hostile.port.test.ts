import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { program } from '../support/gateway-process.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly wsUrl: string;
  answers(): Promise<boolean>;
}

/** `demo`, with its standard output going where nothing can be written. */
async function start(test: TestScope, stdout: number | 'pipe'): Promise<Started> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, [program, 'demo'], {
    env: { PATH: process.env.PATH, PORT: `${port}`, HOST: '127.0.0.1', SHUTDOWN_TIMEOUT_MS: '500' },
    stdio: ['ignore', stdout, 'ignore'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  test.onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor('it to serve', async () => child.exitCode !== null || (await answers()));
  // Another program has taken the port meanwhile.
  if (child.exitCode !== null) return await start(test, stdout);
  return { child, exited, wsUrl: `ws://127.0.0.1:${port}`, answers };
}

describe('A gateway whose log cannot be written', () => {
  it.skipIf(!existsSync('/dev/full'))(
    'serves with a full disk, and ends when it is told to',
    async (test) => {
      const full = openSync('/dev/full', 'w');
      test.onTestFinished(() => closeSync(full));
      const { child, exited, wsUrl, answers } = await start(test, full);
      const client = await useIn(test, connectClient(wsUrl));
      await client.next(({ data }) => data.status !== 'INITIALIZING');
      expect(await answers()).toBe(true);
      child.kill('SIGTERM');
      expect(await within('the end', exited)).toBe(0);
    },
  );

  it.for(['once', 'twice'])('ends with a pipe that nobody reads, told %s', async (times, test) => {
    const { child, exited, wsUrl, answers } = await start(test, 'pipe');
    child.stdout?.pause();
    const headers = { 'user-agent': 'x'.repeat(180) };
    // More than a pipe holds.
    for (let count = 0; count < 400; count += 1) {
      const client = await connectClient(wsUrl, { headers });
      await client.stop();
    }
    expect(await answers()).toBe(true);
    child.kill('SIGTERM');
    if (times === 'twice') child.kill('SIGTERM');
    expect(await within('the end', exited)).toBeTypeOf('number');
  });
});
