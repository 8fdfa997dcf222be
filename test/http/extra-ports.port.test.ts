import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { useIn, waitFor } from '../support/wait.ts';

describe.concurrent('EXTRA_PORTS', () => {
  it('serve the same clients, requests and limits, and end with the gateway', async (test) => {
    const extra = await freePort();
    const gateway = await useIn(
      test,
      startGateway({ engine: false, settings: { EXTRA_PORTS: `${extra}`, MAX_CONNECTIONS: '2' } }),
    );
    const [main, other] = [gateway.wsUrl, `ws://127.0.0.1:${extra}`];
    const clients = [
      await useIn(test, connectClient(main)),
      await useIn(test, connectClient(`${other}/ws/stream`)),
    ];
    const [one, two] = await Promise.all(clients.map((client) => client.nextOf('WELCOME')));
    expect(two?.body.epoch).toBe(one?.body.epoch);
    expect(await rawExchange(extra, handshake('/'))).toMatch(/^HTTP\/1\.1 503 /);
    expect((await fetch(`http://127.0.0.1:${extra}/health`)).status).toBe(200);
    await gateway.stop();
    for (const client of clients) expect((await client.closed).code).toBe(1001);
    await expect(connectClient(other)).rejects.toThrow();
  });
});

/** Below those that outgoing connections are given. */
async function freePort(): Promise<number> {
  return waitFor('a free port', async () => {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe
        .once('error', () => resolve(false))
        .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    return isFree && port;
  });
}
