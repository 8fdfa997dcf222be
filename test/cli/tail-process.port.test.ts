import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { startGateway } from '../support/gateway.ts';
import { commandResult, program } from '../support/gateway-process.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const welcome = {
  type: 'WELCOME',
  seq: 1,
  epoch: 'e',
  granted: { mode: 'full' },
  data: { status: 'ACTIVE', sources: { state: { status: 'fresh', since: '2026-01-01T00:00:00.000Z' } } },
};

/** A server that says this, and then neither hears nor answers anything. */
async function startStuckServer(test: TestScope, says?: object): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (client, { socket }) => {
    if (says !== undefined) client.send(JSON.stringify(says));
    socket.pause();
  });
  test.onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `ws://127.0.0.1:${address.port}`;
}

/** Follows a gateway in a process of its own, until its output has this many lines and is closed. */
async function readLines(test: TestScope, url: string, count: number) {
  const args = [program, 'tail', url];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  test.onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await waitFor('some lines', () => stdout.split('\n').length > count);
  child.stdout.destroy();
  const [code]: unknown[] = await within('the end', ended);
  return { code, lines: stdout.split('\n').slice(0, count), stderr };
}

describe('The process of tail', () => {
  it.for([
    ['prints the WELCOME, and ends', welcome, 0],
    ['fails where none comes, and ends', undefined, 1],
  ] as const)(
    '%s, although the other end does not close the connection',
    async ([, says, expected], test) => {
      const url = await startStuckServer(test, says);
      const { code, stdout, stderr } = await commandResult(['tail', url, '--once'], {});
      expect([code, stderr === '']).toEqual([expected, expected === 0]);
      expect(stdout === '' ? undefined : JSON.parse(stdout)).toEqual(says);
    },
  );

  it('prints lines without colour into a pipe, and ends quietly when its reader has seen enough', async (test) => {
    const { wsUrl } = await useIn(test, startGateway());
    const { code, lines, stderr } = await readLines(test, wsUrl, 2);
    expect(code).toBe(0);
    for (const line of lines) {
      expect(line).toMatch(
        /^\d\d:\d\d:\d\d\.\d{3} {2}#\d+ {2}ACTIVE {2}SPY \d+\.\d\d [▲▼·] {2}P&L .* K?B {2}\d+\.0\/s$/,
      );
    }
    expect(stderr).toMatch(/^live by websocket – 127\.0\.0\.1:\d+\n$/);
  });
});
