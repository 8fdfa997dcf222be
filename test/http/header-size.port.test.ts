import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { pages } from '../support/pages.ts';
import { useIn } from '../support/wait.ts';

/** How a request and a handshake with a cookie of so many bytes end: the status, 101 for an open WebSocket. */
async function statusesOf({ url, wsUrl }: GatewayProcess, bytes: number): Promise<number[]> {
  const headers = { cookie: `c=${'a'.repeat(bytes)}` };
  const answer = await fetch(`${url}/api/telemetry`, { headers });
  const upgrade = new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(wsUrl, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
  return [answer.status, await upgrade];
}

describe('The headers of a request', () => {
  it('may have 16 KiB together, as operations says, and are answered with 431 beyond', async (test) => {
    const gateway = await useIn(test, spawnGateway());
    expect(await statusesOf(gateway, 15_000)).toEqual([200, 101]);
    expect(await statusesOf(gateway, 17_000)).toEqual([431, 431]);
  });

  it('may have more by the option that operations names', async (test) => {
    const [, NODE_OPTIONS = ''] =
      pages.map(({ text }) => /`NODE_OPTIONS=(--max-http-header-size=\d+)`/.exec(text)).find(Boolean) ?? [];
    const gateway = await useIn(test, spawnGateway({ NODE_OPTIONS }));
    expect(await statusesOf(gateway, 60_000)).toEqual([200, 101]);
  });
});
