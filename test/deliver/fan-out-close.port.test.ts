import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, valueAt } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRawWebSocket, type RawWebSocket } from '../support/raw-web-socket.ts';
import { secretToken, testAudience, testClaims, testIssuer, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const padding = 'x'.repeat(60_000);
const close = 0x8;
const ping = 0x9;

/** A client that answers nothing, not even a close, beside one that reads and answers all. */
async function setUp(test: TestScope, extensions: string, expiresInS = 3600) {
  const keepalive = { ...keepaliveDefaults, slowAfterMs: 300 };
  const settings = {
    AUTH_JWT_SECRET: testSecret,
    AUTH_ISSUER: testIssuer,
    AUTH_AUDIENCE: testAudience,
    POLL_CRON: '0 0 0 1 1 *',
    MAX_RATE_HZ: '0',
  };
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, keepalive, settings, engine: false }));
  const publish = (event: JsonObject): void => events.publish('state_update', JSON.stringify(event));
  const token = (seconds: number): Promise<string> =>
    secretToken(testClaims({ exp: Math.floor(Date.now() / 1000) + seconds }));
  const wsUrl = `${gateway.wsUrl}/?token=${await token(3600)}`;
  const other = await useIn(test, connectClient(wsUrl, { perMessageDeflate: true }));
  const target = `/?token=${await token(expiresInS)}`;
  const client = await useIn(test, openRawWebSocket(gateway.port, { target, extensions }));
  await waitFor('the WELCOME', () => client.received.length > 0);
  let price = 0;
  const publishAndSee = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      price += 1;
      publish({ market: { price }, padding: `${price} ${padding}` });
      await other.next(({ data }) => valueAt(data, 'market', 'price') === price);
    }
  };
  return { gateway, client, publish, publishAndSee };
}

function expectClosed({ received, faults, closeCode }: RawWebSocket, code: number): void {
  expect(closeCode).toBe(code);
  expect(received.at(-1)?.opcode).toBe(close);
  expect(faults).toEqual([]);
}

describe.concurrent.each([
  ['with compression', 'permessage-deflate'],
  ['without compression', ''],
])('The close frame is the last thing that a client is sent, %s', (_terms, extensions) => {
  it('when it sent too much', async (test) => {
    const { client, publishAndSee } = await setUp(test, extensions);
    await publishAndSee(2);
    client.frame(0x81, 'x'.repeat(16 * 1024 + 1));
    await publishAndSee(20);
    await waitFor('the close frame', () => client.closeCode);
    await publishAndSee(5);
    expectClosed(client, 1009);
  });

  it('when its token expires, though it answers the ping of before', async (test) => {
    const { client, publishAndSee } = await setUp(test, extensions, 3);
    await waitFor('a ping', async () => {
      await publishAndSee(1);
      return client.received.some(({ opcode }) => opcode === ping);
    });
    await waitFor('the close frame', () => client.closeCode);
    client.frame(0x8a);
    await publishAndSee(5);
    expectClosed(client, 4401);
  });

  it('when it does not keep up', async (test) => {
    const { client, publishAndSee } = await setUp(test, extensions);
    await publishAndSee(20);
    await waitFor('the close frame', () => client.closeCode);
    await publishAndSee(20);
    expectClosed(client, 1013);
    // What it answers now opens its window, and nothing else.
    client.frame(0x8a);
    await publishAndSee(5);
    expectClosed(client, 1013);
  });

  it('when it closes by itself', async (test) => {
    const { client, publishAndSee } = await setUp(test, extensions);
    await publishAndSee(2);
    client.frame(0x88, Buffer.from([0x0f, 0xa0]));
    client.frame(0x81, '{"type":"PING","t":"too late"}');
    await publishAndSee(5);
    await waitFor('the end', () => client.ended);
    expectClosed(client, 4000);
  });

  it('when the gateway stops, which then ends the connection', async (test) => {
    const { gateway, client, publish, publishAndSee } = await setUp(test, extensions);
    await publishAndSee(2);
    const stopping = gateway.stop();
    publish({ market: { price: -1 } });
    client.frame(0x81, '{"type":"PING","t":"too late"}');
    client.frame(0x89, 'too late');
    client.frame(0x81, '{"type":"SUBSCRIBE","mode":"delta"}');
    await stopping;
    await waitFor('the end', () => client.ended);
    expectClosed(client, 1001);
  });

  it('when it only ends its side: then there is none', async (test) => {
    const { gateway, client, publishAndSee } = await setUp(test, extensions);
    client.end();
    await publishAndSee(5);
    await waitFor('the end', () => client.ended);
    expect(client.faults).toEqual([]);
    await waitFor('its place', async () => (await gateway.metrics()).value('bff_clients') === 1);
  });
});
