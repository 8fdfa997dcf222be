import { describe, expect, it } from 'vitest';
import { openEventStream } from '../../support/event-stream-client.ts';
import { startGateway } from '../../support/gateway.ts';
import { snapshotOf, startMetricsEngine } from '../../support/metrics-engine.ts';
import { connectSocketIo, type SocketIoWay, socketIoWays } from '../../support/socket-io-client.ts';
import { secretToken, testClaims, testSecret } from '../../support/tokens.ts';
import { type TestScope, useIn, within } from '../../support/wait.ts';

/** A gateway before an engine over real HTTP, and real clients of it. */
async function setUp(test: TestScope, settings = {}) {
  const engine = await useIn(test, startMetricsEngine());
  const gateway = await useIn(
    test,
    startGateway({ engine: false, settings: { ENGINE_URL: engine.url, ...settings } }),
  );
  return {
    engine,
    gateway,
    connect: (way: SocketIoWay, options = {}) => useIn(test, connectSocketIo(gateway.url, way, options)),
  };
}

const update = (requests: number, hours: number) =>
  expect.objectContaining({
    overview: expect.objectContaining({
      hours,
      claude_api: expect.objectContaining({ total_requests: requests }),
    }),
    timestamp: expect.any(Number),
  });

describe.each(socketIoWays)('A Socket.IO client by %s', (way) => {
  it('is answered every event of the dialect', async (test) => {
    const { engine, connect } = await setUp(test);
    const client = await connect(way);
    const body = async (type: string) => (await client.nextOf(type)).body;
    expect(await body('connected')).toEqual({ status: 'connected', client_id: client.id });
    client.emit('set_interval', { interval: '1.9' });
    expect(await body('interval_updated')).toEqual({ interval: 1 });
    client.emit('subscribe');
    expect(await body('subscribed')).toEqual({
      status: 'subscribed',
      config: { hours: 24, update_interval: 1 },
    });
    expect(await body('metrics_update')).toEqual(update(1, 24));
    client.emit('subscribe', { hours: 999, update_interval: 0, sections: ['overview.claude_api'] });
    expect(await body('subscribed')).toEqual({
      status: 'subscribed',
      config: { hours: 168, update_interval: 1, sections: ['overview.claude_api'] },
    });
    expect(await body('metrics_update')).toEqual({
      overview: {
        claude_api: { total_requests: 1, total_input_tokens: 45_000, total_output_tokens: 23_000 },
      },
      timestamp: expect.any(Number),
    });
    client.emit('subscribe', { hours: '5', update_interval: 1 });
    expect(await body('metrics_update')).toEqual(update(1, 5));
    client.emit('subscribe', { hours: 'abc' });
    expect(await body('error')).toEqual({
      error: 'subscribe: hours: expected a number of hours from 1 to 168',
      timestamp: expect.any(Number),
    });
    client.emit('request_refresh', { hours: 7 });
    expect(await body('metrics_update')).toEqual(update(1, 7));
    const asked = engine.count(5);
    await engine.asked(5, asked + 2);
    engine.set({ snapshot: (hours) => snapshotOf(2, hours) });
    expect(await body('metrics_update')).toEqual(update(2, 5));
    engine.set({ status: 503 });
    expect(await body('error')).toMatchObject({ error: expect.stringContaining('HTTP 503') });
    engine.set({ status: 200 });
    expect(await body('metrics_update')).toEqual(update(2, 5));
    client.emit('unsubscribe');
    expect(await body('unsubscribed')).toEqual({ status: 'unsubscribed' });
    const told = client.packets.length;
    engine.set({ snapshot: (hours) => snapshotOf(3, hours) });
    client.emit('request_refresh');
    expect(await body('metrics_update')).toEqual(update(3, 24));
    client.emit('request_refresh', { hours: 5 });
    expect(await body('metrics_update')).toEqual(update(3, 5));
    expect(client.packets.length).toBe(told + 2);
    expect(engine.count(7)).toBe(1);
  });

  it('is told why it is sent away when its token has expired, and does not come back', async (test) => {
    const { connect } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    const exp = Math.floor(Date.now() / 1000) + 3;
    const token = await secretToken(testClaims({ exp }));
    const client = await connect(way, { auth: { token }, reconnection: true });
    client.emit('subscribe');
    await client.nextOf('metrics_update');
    expect((await client.nextOf('error')).body.error).toBe(
      'The token has expired: connect again with a new one',
    );
    expect(await within('the end', client.disconnected)).toBe('io server disconnect');
  });
});

describe('The viewers of two ranges', () => {
  it('cost the engine one request an interval each, however many they are and however they came', async (test) => {
    const { engine, gateway, connect } = await setUp(test);
    const clients = await Promise.all(
      Array.from({ length: 9 }, (_, index) => connect(socketIoWays[index % 3] ?? 'polling')),
    );
    const startedAt = performance.now();
    for (const client of clients) client.emit('subscribe', { hours: 24, update_interval: 1 });
    await useIn(test, openEventStream(`${gateway.url}/api/stream/metrics?hours=24&interval=1`));
    const other = await connect('websocket');
    other.emit('subscribe', { hours: 1, update_interval: 3 });
    await engine.asked(1, 3);
    const elapsedMs = performance.now() - startedAt;
    expect(engine.count(24)).toBeGreaterThanOrEqual(6);
    expect(engine.count(24)).toBeLessThanOrEqual(elapsedMs / 1000 + 1);
    expect(engine.count(1)).toBeLessThanOrEqual(elapsedMs / 3000 + 1);
    expect(
      new Set(clients.map(({ packets }) => packets.filter(({ type }) => type === 'metrics_update').length)),
    ).toEqual(new Set([1]));
    await Promise.all([...clients, other].map((client) => client.stop()));
    await fetch(`${gateway.url}/api/metrics/overview?hours=99`);
    expect(engine.count(99)).toBe(1);
  });

  it('are sent the same bytes over every transport, made once a change', async (test) => {
    const { engine, gateway, connect } = await setUp(test);
    const clients = await Promise.all([...socketIoWays, ...socketIoWays].map((way) => connect(way)));
    for (const client of clients) client.emit('subscribe', { update_interval: 1 });
    const stream = await useIn(test, openEventStream(`${gateway.url}/api/stream/metrics?interval=1`));
    await stream.next();
    for (const client of clients) await client.nextOf('metrics_update');
    const made = async () => (await gateway.metrics()).value('bff_encode_seconds_count');
    const before = await made();
    engine.set({ snapshot: { ...snapshotOf(2), timestamp: 7 } });
    const { packet } = await stream.next();
    for (const client of clients) expect((await client.nextOf('metrics_update')).text).toBe(packet.text);
    expect((await made()) - before).toBe(1);
  });

  it('cost one request where a hundred of them ask for a refresh at once', async (test) => {
    const { engine, connect } = await setUp(test);
    engine.set({ hangs: true });
    const client = await connect('websocket');
    const others = await Promise.all(Array.from({ length: 10 }, () => connect('websocket')));
    for (let count = 0; count < 10; count += 1)
      for (const { emit } of [client, ...others]) emit('request_refresh', { hours: 3 });
    await engine.asked(3, 1);
    engine.set({ hangs: false });
    for (const one of [client, ...others]) await one.nextOf('metrics_update');
    expect(engine.count(3)).toBe(1);
  });
});
