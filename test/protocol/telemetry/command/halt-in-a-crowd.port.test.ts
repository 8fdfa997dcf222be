import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startEngineServer } from '../../../source/engine-server.ts';
import { connectClient } from '../../../support/client.ts';
import { program } from '../../../support/gateway-process.ts';
import { readMetrics } from '../../../support/metrics.ts';
import { secretToken, testClaims, testSecret } from '../../../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../../../support/wait.ts';

/** Room for 56 connections that last: 200 descriptors are for others. */
const openFiles = 256;
const crowd = 120;
const strangers = 300;

/** An engine that takes HALT, and keeps whoever asks for anything slow. */
async function startEngine(test: TestScope) {
  const halts: number[] = [];
  const engine = await useIn(
    test,
    startEngineServer((request, response) => {
      if (request.url?.startsWith('/api/slow')) return;
      if (request.url === '/api/system/halt') halts.push(performance.now());
      const state = { status: halts.length > 0 ? 'HALT' : 'ACTIVE', timestamp: new Date().toISOString() };
      request.resume().on('end', () => response.end(JSON.stringify(state)));
    }),
  );
  return { url: engine.url, halts };
}

/** A gateway of few descriptors, whose log nobody reads once it listens. */
async function startGateway(test: TestScope, engineUrl: string) {
  const env = {
    PATH: process.env.PATH,
    PORT: '0',
    HOST: '127.0.0.1',
    ENGINE_URL: engineUrl,
    ENGINE_PASSTHROUGH: '/api/slow',
    REDIS_URL: 'redis://127.0.0.1:9',
    AUTH_JWT_SECRET: testSecret,
    MAX_RENDITIONS: '3',
    MAX_SYMBOLS: '1',
    LOG_LEVEL: 'trace',
    SHUTDOWN_TIMEOUT_MS: '500',
  };
  const command = ['-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, process.execPath, program, 'serve'];
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const child = spawn('sh', command, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  test.onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const port = await waitFor('the gateway to listen', () => /"port":(\d+)[^\n]*"listening"/.exec(log)?.[1]);
  child.stdout.pause();
  const stop = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const [code]: unknown[] = await within('the end of the gateway', exited);
    return code;
  };
  return { port: Number(port), stop };
}

/** Everybody else: as many viewers, views, forwarded requests, messages and idle sockets as there may be, and more. */
async function crowdIn(test: TestScope, port: number, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const sockets: Socket[] = [];
  const viewers = Array.from({ length: crowd }, (_, index) => {
    const query = ['?sections=logs', '?sections=market', '?mode=delta', '?symbol=QQQ', ''][index % 5];
    const viewer = new WebSocket(`ws://127.0.0.1:${port}/ws/stream${query}`, { headers });
    const talk = setInterval(() => {
      for (let count = 0; viewer.readyState === WebSocket.OPEN && count < 30; count += 1)
        viewer.send('{"type":"?"}');
    }, 200);
    viewer.on('close', () => clearInterval(talk)).on('error', () => viewer.terminate());
    return viewer;
  });
  test.onTestFinished(() => {
    for (const viewer of viewers) viewer.terminate();
    for (const socket of sockets) socket.destroy();
  });
  const open = () => viewers.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  const isSettled = () => viewers.every(({ readyState }) => readyState !== WebSocket.CONNECTING);
  await waitFor('the viewers to be let in or refused', isSettled);
  expect(open()).toBeLessThan(crowd);
  for (let index = 0; index < 40; index += 1) {
    const request = `GET /api/slow/${index} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    sockets.push(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.write(request);
      }),
    );
  }
  for (let index = 0; index < strangers; index += 1) sockets.push(connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => socket.destroy());
  await waitFor('the strangers to be there or gone', () => sockets.every(({ connecting }) => !connecting));
  // Each of them is a line of the log: more than a pipe holds that nobody reads.
  await waitFor('messages to be ignored', async () => {
    const metrics = await readMetrics(`http://127.0.0.1:${port}`);
    return metrics.value('bff_rejected_total', { edge: 'telemetry', reason: 'unknown' }) > 3000;
  });
}

describe('A HALT of an operator, with every limit exhausted', { retry: 2 }, () => {
  it('reaches the engine within a second, on an open connection and by HTTP', async (test) => {
    const engine = await startEngine(test);
    const { port, stop } = await startGateway(test, engine.url);
    const operatorToken = await secretToken(testClaims({ sub: 'ann', role: 'operator' }));
    const headers = { authorization: `Bearer ${operatorToken}` };
    const operator = await useIn(test, connectClient(`ws://127.0.0.1:${port}`, { headers }));
    await crowdIn(test, port, await secretToken(testClaims({ sub: 'bob', role: 'viewer' })));

    for (let count = 0; count < 100; count += 1) operator.send({ type: 'PING' });
    const orderedAt = performance.now();
    operator.send({ type: 'HALT', requestId: 'socket' });
    await operator.nextOf('ACK');
    expect((engine.halts[0] ?? Number.POSITIVE_INFINITY) - orderedAt).toBeLessThan(1000);

    const askedAt = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/api/telemetry/halt`, { method: 'POST', headers });
    expect(await response.json()).toMatchObject({ type: 'ACK', command: 'HALT' });
    expect((engine.halts[1] ?? Number.POSITIVE_INFINITY) - askedAt).toBeLessThan(1000);
    // Nor does the log that nobody reads hold up the end.
    expect(await stop()).toBe(0);
  });
});
