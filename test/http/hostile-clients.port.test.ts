import { connect as connectTcp, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectClient, type TestClient, valueAt } from '../support/client.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { readMetrics } from '../support/metrics.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** A normal client is served as if nothing had happened. */
async function provesHealthy(test: TestScope, wsUrl: string): Promise<void> {
  const client: TestClient = await useIn(test, connectClient(wsUrl));
  expect((await client.nextOf('WELCOME', 2000)).seq).toBeGreaterThan(0);
  client.send({ type: 'PING', t: 'well' });
  await client.nextOf('PONG', 2000);
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const deepArray = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe.concurrent('A hostile client', () => {
  it('reaches no prototype by any key, and changes nobody’s view', async (test) => {
    const { connect, publish, gateway, snapshot } = await setUpViews(test);
    const client = await connect('?__proto__=1&constructor=2&mode=delta&toString=3');
    await client.nextOf('WELCOME');
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      client.socket.send(`{"type":"SUBSCRIBE","${key}":{"mode":"full"}}`);
      client.socket.send(`{"type":"PING","t":{"a":[{"${key}":{"polluted":true}}]}}`);
      client.socket.send(`{"type":"${key}"}`);
    }
    client.socket.send('{"type":"PING","t":"after"}');
    expect((await client.nextOf('PONG')).body.t).toBe('after');
    publish({ market: { price: 1 } });
    expect((await client.nextOf('DELTA')).body.patch).toEqual({ market: { price: 1 } });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(valueAt(await snapshot(), 'polluted')).toBeUndefined();
    const counted = (await gateway.metrics()).value('bff_rejected_total', { edge: 'telemetry' });
    expect(counted).toBeGreaterThanOrEqual(6);
    await provesHealthy(test, gateway.wsUrl);
  });

  it('sends JSON 5,000 levels deep in vain', async (test) => {
    const { connect, gateway } = await setUpViews(test);
    const client = await connect();
    const texts = [
      deepArray(5000),
      `{"type":"PING","t":${deepArray(5000)}}`,
      `{"type":"PING","t":${deep(2000)}}`,
    ];
    const odd = [`{"type":"SUBSCRIBE","sections":${deepArray(5000)}}`, deepArray(5000).slice(0, 5000)];
    for (const text of [...texts, ...odd]) client.socket.send(text);
    client.send({ type: 'PING', t: 1 });
    expect((await client.nextOf('PONG')).body.t).toBe(1);
    const tooDeep = { edge: 'telemetry', reason: 'too_deep' };
    expect((await gateway.metrics()).value('bff_rejected_total', tooDeep)).toBe(4);
    await provesHealthy(test, gateway.wsUrl);
  });

  it('is closed with 1009 for a frame of 10 MB, whole or in pieces, before it is read', async (test) => {
    const { connect, gateway } = await setUpViews(test);
    const [whole, pieces] = [await connect(), await connect('ws/stream')];
    whole.socket.send(Buffer.alloc(10_000_000, ' '));
    expect((await whole.closed).code).toBe(1009);
    for (let piece = 0; piece < 20; piece += 1) pieces.socket.send(' '.repeat(1000), { fin: false });
    expect((await pieces.closed).code).toBe(1009);
    const oversize = { edge: 'telemetry', reason: 'oversize' };
    expect((await gateway.metrics()).value('bff_rejected_total', oversize)).toBe(2);
    await provesHealthy(test, gateway.wsUrl);
  });

  it('is closed with 1008 after 10 s of 1,000 messages a second, and others are served meanwhile', async (test) => {
    const { connect, gateway, publish } = await setUpViews(test);
    const [client, other] = [await connect('?mode=delta'), await connect()];
    const flood = setInterval(() => {
      for (let count = 0; count < 20; count += 1) client.socket.send('{"type":"RESYNC"}');
    }, 20);
    test.onTestFinished(() => clearInterval(flood));
    let price = 0;
    for (let second = 0; second < 5; second += 1) {
      price += 1;
      publish({ market: { price } });
      await other.next(({ data }) => valueAt(data, 'market', 'price') === price, 1000);
    }
    expect(client.socket.readyState).toBe(1);
    const closed = await client.closed;
    clearInterval(flood);
    expect(closed.code).toBe(1008);
    // Answered at most once a second, however often it asked.
    expect(client.packets.filter(({ type }) => type === 'TELEMETRY').length).toBeLessThan(16);
    await provesHealthy(test, gateway.wsUrl);
  });

  it('asks for views without end, and gets as many as there are', async (test) => {
    const { connect, gateway, renditions } = await setUpViews(test, { settings: { MAX_RENDITIONS: '8' } });
    // The view of clients that ask for nothing, and what other dialects have.
    const atRest = await renditions();
    const clients = await Promise.all(Array.from({ length: 12 }, () => connect()));
    for (const [index, client] of clients.entries()) {
      client.send({
        type: 'SUBSCRIBE',
        interval: [50, 100, 250, 500, 1000, 2000, 5000][index % 7] ?? 0,
        mode: index < 7 ? 'full' : 'delta',
      });
    }
    const answers = await Promise.all(
      clients.map((client) => client.next(({ type }) => type === 'ACK' || type === 'ERROR')),
    );
    expect(answers.filter(({ type }) => type === 'ACK')).toHaveLength(7);
    expect(answers.filter(({ body }) => body.code === 'LIMIT')).toHaveLength(5);
    expect(await renditions()).toBe(atRest + 7);
    for (const client of clients) await client.stop();
    await waitFor('one view', async () => (await renditions()) === atRest);
    await provesHealthy(test, gateway.wsUrl);
  });
});

describe('2,000 half-open handshakes', () => {
  it('are ended within their 10 s, cost little memory, and keep nobody out', async (test) => {
    const gateway = await useIn(test, spawnGateway({ POLL_CRON: '0 0 0 1 1 *', MAX_CONNECTIONS: '50' }));
    await provesHealthy(test, gateway.wsUrl);
    const rss = async () => (await readMetrics(gateway.url)).value('process_resident_memory_bytes');
    const before = await rss();
    const sockets: Socket[] = [];
    test.onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    let open = 0;
    for (let count = 0; count < 2000; count += 1) {
      const socket = connectTcp(gateway.port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('connect', () => {
        open += 1;
        socket.write(count % 2 === 0 ? 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webs' : 'GET');
      });
      socket.on('close', () => {
        open -= 1;
      });
      socket.resume();
    }
    await waitFor('all of them', () => open === 2000);
    await provesHealthy(test, gateway.wsUrl);
    expect((await rss()) - before).toBeLessThan(100_000_000);
    await waitFor('their end', () => open === 0);
    await provesHealthy(test, gateway.wsUrl);
    expect((await readMetrics(gateway.url)).value('bff_clients')).toBeLessThan(10);
    expect(gateway.stderr).toBe('');
  });
});
