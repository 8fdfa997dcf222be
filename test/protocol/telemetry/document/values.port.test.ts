import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { MemoryEvents } from '../../../../src/source/events.ts';
import { startEngineServer } from '../../../source/engine-server.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
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
