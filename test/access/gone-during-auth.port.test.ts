import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { handshake } from '../support/raw-socket.ts';
import { startSymbolEngine } from '../support/symbol-engine.ts';
import { createSigner, testClaims } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** A gateway whose issuer keeps it waiting for the keys until the test says so. */
async function setUp(test: TestScope) {
  const signer = await createSigner('ES256');
  const issuer = await useIn(test, startJwksServer(signer.publicJwk));
  const waiting: ServerResponse[] = [];
  issuer.answer((response) => void waiting.push(response));
  const engine = await useIn(test, startSymbolEngine());
  const settings = { ENGINE_URL: engine.url, AUTH_JWKS_URL: issuer.url, MAX_CONNECTIONS: '5' };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  const token = await signer.sign(testClaims());
  const authorization = `Bearer ${token}`;
  return {
    engine,
    gateway,
    /** Asks for something and is gone before the keys are there. */
    async leaveEarly(text: string, leave: (socket: Socket) => void): Promise<void> {
      const sockets = Array.from({ length: 5 }, () => connect(gateway.port, '127.0.0.1'));
      for (const socket of sockets) socket.on('error', () => {}).write(text);
      await waitFor('the question for the keys', () => waiting.length > 0);
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) leave(socket);
      await Promise.all(closed);
      // What the gateway learns of it, it learns in the turns that this request takes.
      for (let count = 0; count < 3; count += 1) await fetch(`${gateway.url}/livez`);
      for (const response of waiting.splice(0)) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ keys: [signer.publicJwk] }));
      }
      issuer.rotate(signer.publicJwk);
    },
    authorization,
    connect: () => useIn(test, connectClient(gateway.wsUrl, { headers: { authorization } })),
  };
}

const target = (path: string) => `${path}?symbol=QQQ&mode=delta`;

describe.concurrent('A client that is gone before its token is verified', () => {
  it.for([
    ['a WebSocket handshake, reset', '/', true],
    ['a WebSocket handshake, closed', '/', false],
    ['a stream, reset', '/api/stream/telemetry', true],
    ['a stream, closed', '/api/stream/telemetry', false],
  ] as const)('leaves no place, no view and no poll behind: %s', async ([, path, isReset], test) => {
    const { gateway, engine, authorization, leaveEarly, connect: connectWell } = await setUp(test);
    const atRest = (await gateway.metrics()).value('bff_renditions');
    const request = `GET ${target(path)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`;
    const text = path === '/' ? handshake(target(path), { Authorization: authorization }) : request;
    await leaveEarly(text, (socket) => void (isReset ? socket.resetAndDestroy() : socket.destroy()));

    const client = await waitFor('a place', () => connectWell().catch(() => undefined));
    await client.nextOf('WELCOME');
    const metrics = () => gateway.metrics();
    await waitFor('one client', async () => (await metrics()).value('bff_clients') === 1);
    await waitFor('no view of its own', async () => (await metrics()).value('bff_renditions') === atRest);
    const asked = engine.requests('QQQ');
    const ticks = engine.requests('');
    await waitFor('two ticks', () => engine.requests('') >= ticks + 2);
    expect(engine.requests('QQQ') - asked).toBeLessThanOrEqual(1);
  });
});
