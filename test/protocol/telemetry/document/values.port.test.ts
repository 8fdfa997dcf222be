import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { MemoryEvents } from '../../../../src/source/events.ts';
import { startEngineServer } from '../../../source/engine-server.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { spawnGateway } from '../../../support/gateway-process.ts';
import { createPublisher } from '../../../support/publisher.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { startScriptedEngine } from '../../../support/scripted-engine.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';

const long = '8389765489680951453';
const answers: Readonly<Record<string, string>> = {
  '/api/system/state/current': `{"timestamp":"2026-11-30T12:00:00.123456+02:00","status":"ACTIVE",
    "market":{"symbol":"SPY","price":"187.32","alpha":9007199254740993,"bid":${long}},
    "portfolio":{"nav":"n/a","cash":1},"orders":[{"id":${long},"fills":[-${long},7]}]}`,
  '/api/system/metrics/agents': `{"agents":[{"name":"MacroAgent","last_order":${long}}]}`,
  '/api/system/metrics/models': '{"models":{"ChronosService":[1,2]}}',
};

/** A gateway whose engine answers with text of our own, and clients of every way to see it. */
async function setUp(test: TestScope) {
  const engine = await useIn(test, startEngineServer());
  engine.answerWith((request, response) => {
    const body = answers[request.url ?? ''] ?? '{}';
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const events = new MemoryEvents();
  // Polled at the start and no more.
  const settings = { ENGINE_URL: engine.url, POLL_CRON: '0 0 0 1 1 *', POLL_TIMEOUT_MS: '20000' };
  const gateway = await useIn(test, startGateway({ engine: false, events, settings }));
  const queries = [
    '',
    '?mode=delta',
    '?encoding=msgpack',
    '?mode=delta&encoding=msgpack',
    '?sections=market,orders',
  ];
  const clients = await Promise.all(
    queries.map((query) => useIn(test, connectClient(`${gateway.wsUrl}/${query}`))),
  );
  return {
    gateway,
    clients,
    publish: (text: string) => events.publish('state_update', text),
    snapshot: async (): Promise<JsonObject> =>
      Object(await (await fetch(`${gateway.url}/api/telemetry`)).json()),
  };
}

const isFilled = (document: JsonObject) =>
  ['state', 'agents', 'models'].every((name) => valueAt(document, 'sources', name, 'status') === 'fresh');

describe('What an engine says in its own way', () => {
  it('reaches every client as documented, and integers with all of their digits', async (test) => {
    const { clients, publish, snapshot } = await setUp(test);
    const shown = {
      timestamp: '2026-11-30T10:00:00.123456Z',
      status: 'ACTIVE',
      market: { symbol: 'SPY', price: 187.32, alpha: 2 ** 53, bid: long },
      orders: [{ id: long, fills: [`-${long}`, 7] }],
      sources: { state: { notes: ['portfolio.nav: expected a number, got a string'] } },
    };
    const others = {
      portfolio: { nav: null, cash: 1 },
      agents: { MacroAgent: { last_order: long } },
      models: { ChronosService: [1, 2] },
    };
    await waitFor('the answers', async () => isFilled(await snapshot()));
    for (const [index, client] of clients.entries()) {
      client.skipReceived();
      client.send({ type: 'RESYNC' });
      const { data } = await client.nextOf('TELEMETRY');
      expect(data).toMatchObject(index === clients.length - 1 ? shown : { ...shown, ...others });
    }
    expect(await snapshot()).toMatchObject({ ...shown, ...others });

    for (const client of clients) client.skipReceived();
    publish(`{"market":{"ask":9007199254740993},"portfolio":{"nav":"105.5"}}`);
    const texts = await Promise.all(
      clients.map((client) => client.next(({ text }) => text.includes('9007199254740993'))),
    );
    for (const { text } of texts) expect(text).toContain('"ask":"9007199254740993"');
    expect(await snapshot()).toMatchObject({
      market: { ask: '9007199254740993' },
      portfolio: { nav: 105.5 },
    });
    expect(await snapshot()).not.toHaveProperty(['sources', 'state', 'notes']);
  });

  it('echoes the numbers of a client as numbers', async (test) => {
    const { clients } = await setUp(test);
    const [client] = clients;
    client?.socket.send('{"type":"PING","t":1764504000123456789}');
    expect((await client?.nextOf('PONG'))?.body.t).toBe(Number('1764504000123456789'));
  });
});

const moment = (second: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, second));
const withZone = (second: number) => moment(second).toISOString();
/** As Python's `datetime.utcnow().isoformat()` words it. */
const withoutZone = (second: number) => withZone(second).replace('Z', '');
const asEpoch = (second: number) => moment(second).getTime() / 1000;
type Worded = (second: number) => string | number;

/** A gateway on a machine in this zone, between a real Redis and an engine that is told. */
async function setUpZones(test: TestScope, zone: string) {
  const redis = await useIn(test, startRedis());
  const engine = await useIn(test, startScriptedEngine());
  const settings = { ENGINE_URL: engine.url, REDIS_URL: redis.url, POLL_TIMEOUT_MS: '20000' };
  const gateway = await useIn(test, spawnGateway({ TZ: zone, ...settings }));
  const publisher = await useIn(test, createPublisher(redis.url));
  const client = await useIn(test, connectClient(gateway.wsUrl));
  await client.next(({ data }) => valueAt(data, 'sources', 'redis', 'status') === 'fresh');
  return { engine, publisher, client };
}

/** How polls word their times, and events. */
const wordings: readonly (readonly [Worded, Worded])[] = [
  [withoutZone, withZone],
  [withZone, withoutZone],
  [asEpoch, withoutZone],
];

describe.skipIf(redisMissing).each(['Asia/Tokyo', 'America/New_York'])(
  'A gateway on a machine in %s',
  (zone) => {
    it('holds a HALT against a poll in flight and no longer, however their times are worded', async (test) => {
      const { engine, publisher, client } = await setUpZones(test, zone);
      const shown = (second: number) =>
        client.next(({ data }) => valueAt(data, 'market', 'alpha') === second);
      for (const [index, [ofPolls, ofEvents]] of wordings.entries()) {
        const start = 100 * index;
        const state = (second: number): JsonObject => ({
          timestamp: ofPolls(second),
          status: 'ACTIVE',
          market: { symbol: 'SPY', alpha: second },
        });
        (await engine.nextRequest()).answer(state(start + 10));
        await shown(start + 10);

        const inFlight = await engine.nextRequest();
        await publisher.publish({ timestamp: ofEvents(start + 20), status: 'HALT' });
        const halted = await client.next(({ data }) => data.status === 'HALT');
        expect(Date.parse(String(halted.data.timestamp))).toBe(moment(start + 20).getTime());
        inFlight.answer(state(start + 15));
        expect((await shown(start + 15)).data.status).toBe('HALT');
        (await engine.nextRequest()).answer(state(start + 21));
        const corrected = await shown(start + 21);
        expect(corrected.data.status).toBe('ACTIVE');
        expect(Date.parse(String(corrected.data.timestamp))).toBe(moment(start + 21).getTime());
      }
    });
  },
);
