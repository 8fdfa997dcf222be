import { connect } from 'node:net';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { startGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const chunk = Buffer.alloc(64 * 1024, 'x');

/** An engine some of whose paths never end or never answer, and clients by their addresses on this machine. */
async function setUp(test: TestScope, settings: Readonly<Record<string, string>> = {}) {
  const engine = await useIn(
    test,
    startEngineServer(({ url = '' }, response) => {
      if (url.includes('endless')) {
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      } else if (!url.includes('hanging') && !url.startsWith('/api/messages'))
        response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    }),
  );
  const gateway = await useIn(
    test,
    startGateway({
      engine: false,
      settings: {
        ENGINE_URL: engine.url,
        ENGINE_PASSTHROUGH: '/api/orders',
        DIALECTS: 'streams',
        ...settings,
      },
    }),
  );
  const send = (path: string, address: string, headers = ''): void => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', localAddress: address });
    socket.on('error', () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    test.onTestFinished(() => void socket.destroy());
  };
  const ask = async (path: string, address: string, headers: Readonly<Record<string, string>> = {}) => {
    const dispatcher = new Agent({ localAddress: address });
    test.onTestFinished(() => dispatcher.destroy());
    const answer = await request(`${gateway.url}${path}`, { dispatcher, headers, headersTimeout: 5000 });
    const retryAfter = answer.headers['retry-after'];
    await answer.body.dump();
    return [answer.statusCode, retryAfter];
  };
  const under = (path: string) => engine.requests.filter(({ url }) => url?.startsWith(path)).length;
  return { send, ask, under, metrics: gateway.metrics };
}

describe.concurrent('One client that takes all it can', () => {
  it('leaves the pass-through to others, however many of its answers it does not read', async (test) => {
    const { send, ask, under } = await setUp(test);
    for (let count = 0; count < 40; count += 1)
      send(`/api/orders/endless/${'abcdefghij'[count % 10]}`, '127.0.0.2');
    await waitFor('its share to be taken', () => under('/api/orders') === 8);
    for (const path of ['/api/orders/1', '/api/orders', '/api/orders/endless-no'])
      expect(await ask(path.replace('endless-no', 'quick'), '127.0.0.3')).toEqual([200, undefined]);
    expect(under('/api/orders/endless')).toBe(8);
  });

  it('is told so with 429, and when to come again', async (test) => {
    const { send, ask, under, metrics } = await setUp(test);
    for (let count = 0; count < 70; count += 1)
      send(`/api/orders/hanging/${'abcdefghij'[count % 10]}`, '127.0.0.2');
    await waitFor('its share to be taken', () => under('/api/orders') === 8);
    const refusals = { edge: 'forward', reason: 'too_many' };
    await waitFor('its refusals', async () => (await metrics()).value('bff_rejected_total', refusals) === 6);
    expect(await ask('/api/orders/x', '127.0.0.2')).toEqual([429, '1']);
    expect(await ask('/api/orders/x', '127.0.0.3')).toEqual([200, undefined]);
  });

  it('leaves the instances to others and to itself while the engine’s messages hang', async (test) => {
    const { send, ask, under } = await setUp(test);
    for (let count = 0; count < 40; count += 1) send('/api/messages', '127.0.0.2');
    await waitFor('what a path may have of one client', () => under('/api/messages') === 4);
    for (let count = 0; count < 40; count += 1) send('/api/messages', '127.0.0.4');
    await waitFor('what a path may have', () => under('/api/messages') === 8);
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
      expect(await ask('/api/instances', address)).toEqual([200, undefined]);
  });

  it('is told from others by its token, wherever it asks from', async (test) => {
    const { send, ask, under } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    const bearer = async (sub: string) => `Bearer ${await secretToken(testClaims({ sub, role: 'viewer' }))}`;
    const greedy = await bearer('greedy');
    for (let count = 0; count < 40; count += 1) {
      const path = `/api/orders/endless/${'abcdefghij'[count % 10]}`;
      send(path, `127.0.0.${10 + count}`, `Authorization: ${greedy}\r\n`);
    }
    await waitFor('its share to be taken', () => under('/api/orders') === 8);
    expect(await ask('/api/orders', '127.0.0.10', { authorization: await bearer('other') })).toEqual([
      200,
      undefined,
    ]);
  });
});
