import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/core/json.ts';
import { connectClient, type Packet } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { useIn, waitFor } from '../../support/wait.ts';
import { setUpWithRedis } from './port-set-up.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const entries = ({ body: { data } }: Packet) => (Array.isArray(data) ? data.filter(isJsonObject) : []);

describe.skipIf(redisMissing)('Diagnostics over Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('begin with telemetry and logs, and go on with what is published, in its order', async (test) => {
    const { connect, publish } = await setUpWithRedis(test, redis);
    for (let count = 1; count <= 25; count += 1) await publish('log', { level: 'info', message: `${count}` });
    const client = await connect();
    const [telemetry, logs] = [await client.next(), await client.next()];
    expect(telemetry).toMatchObject({ type: 'telemetry', data: { active_websockets: 1, active_plans: 0 } });
    expect(logs.type).toBe('logs');
    expect(entries(logs)).toHaveLength(20);
    expect(entries(logs)[0]?.message).toMatch(/^WebSocket connected: [0-9a-f-]{36}$/);
    expect(entries(logs)[1]).toMatchObject({ level: 'info', message: '25' });

    await publish('graph_update', { update_type: 'entity_added', entity_id: 'entity-1', details: { a: 1 } });
    await publish('persona_entry', { entry_type: 'goal', content: 'Answer sooner', confidence: 0.5 });
    await publish('log', { level: 'error', message: 'HCG query failed' });
    await publish('llm', { llm_total_tokens: 205, active_plans: 3 });
    const figures = await client.next(({ data }) => data.llm_total_tokens === 205);
    expect(figures).toMatchObject({ type: 'telemetry', data: { active_plans: 3 } });
    const happened = client.packets.slice(2).filter(({ data }) => !('request_count' in data));
    expect(happened.map(({ type }) => type)).toEqual(['graph_update', 'persona_entry', 'log']);
  });

  it('give every log entry an id of its own, also to 500 of a moment', async (test) => {
    const { connect, publisher } = await setUpWithRedis(test, redis);
    const client = await connect();
    const pipeline = publisher.pipeline();
    for (let count = 1; count <= 500; count += 1) {
      pipeline.publish('diagnostics:log', JSON.stringify({ level: 'info', message: `burst ${count}` }));
    }
    await pipeline.exec();
    await client.next(({ data }) => data.message === 'burst 500');
    const burst = client.packets.filter(({ data }) => String(data.message).startsWith('burst'));
    expect(burst.map(({ data }) => data.message)).toEqual(
      Array.from({ length: 500 }, (_, index) => `burst ${index + 1}`),
    );
    const ids = burst.map(({ data }) => String(data.id));
    expect(new Set(ids).size).toBe(500);
    expect(ids.some((id) => /^log-\d{13}-\d+$/.test(id))).toBe(true);
  });

  it('are the same over HTTP', async (test) => {
    const { connect, publish, get } = await setUpWithRedis(test, redis);
    const client = await connect();
    client.send({ type: 'ping' });
    const { body } = await client.nextOf('pong');
    for (let count = 1; count <= 210; count += 1)
      await publish('log', { level: 'info', message: `${count}` });
    for (let count = 1; count <= 150; count += 1)
      await publish('graph_update', { update_type: 'x', entity_id: 'y' });
    await client.next(({ data }) => data.message === '210');
    await waitFor(
      'the last one',
      () => client.packets.filter(({ type }) => type === 'graph_update').length === 150,
    );
    expect(await get('logs')).toHaveLength(50);
    expect(await get('logs?limit=200')).toHaveLength(200);
    expect(await get('logs?limit=2')).toMatchObject([{ message: '210' }, { message: '209' }]);
    for (const limit of ['0', '201', '-1', '1.5', 'many', '', '1e2']) {
      expect(await get(`logs?limit=${limit}`), limit).toMatchObject({
        code: 'BAD_OPTION',
        detail: expect.stringContaining('limit'),
      });
    }
    for (const name of ['telemetry', 'metrics']) {
      expect(Object.keys(Object(await get(name)))).toEqual(Object.keys(client.packets[0]?.data ?? {}));
    }
    const [connection] = (await get('connections')) as object[];
    expect(connection).toEqual({
      connection_id: expect.stringMatching(uuid),
      connected_at: expect.any(String),
      last_heartbeat: body.timestamp,
      messages_sent: client.packets.length,
      messages_dropped: 0,
    });
    expect(connection).toMatchObject({ connection_id: body.connection_id });
  });

  it('say at once when the engine fails and when it is back', async (test) => {
    const { connect, gateway } = await setUpWithRedis(test, redis, {
      engine: {},
      settings: { DIALECTS: 'telemetry,diagnostics' },
    });
    const client = await connect();
    let last = (await client.next(({ data }) => typeof data.last_poll === 'string', 7000)).data;
    // The beat of 5 s alone would leave every other one of these waiting for longer.
    for (let turn = 0; turn < 3; turn += 1) {
      gateway.engine.faults.apply({ kind: 'error' });
      const failing = ({ data }: Packet) => Number(data.success_rate) < Number(last.success_rate);
      last = (await client.next(failing, 3500)).data;
      gateway.engine.faults.apply({ kind: 'none' });
      const well = ({ type, data }: Packet) =>
        type === 'telemetry' && String(data.last_poll) > String(last.last_poll);
      last = (await client.next(well, 3500)).data;
    }
  });

  it('need no other dialect', async (test) => {
    const { connect, gateway } = await setUpWithRedis(test, redis);
    const client = await connect();
    expect((await client.nextOf('telemetry')).data).toMatchObject({ request_count: 0, success_rate: 100 });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe('Diagnostics where only the instances are polled', () => {
  it('tell of these polls: the last good one, and at once when one fails or is well again', async (test) => {
    const engine = await useIn(test, startInstanceEngine([listed('a')]));
    const settings = { DIALECTS: 'streams,diagnostics', ENGINE_URL: engine.url };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const diagnostics = await useIn(test, connectClient(`${gateway.wsUrl}/ws/diagnostics`));
    expect((await diagnostics.next()).data).toMatchObject({ last_poll: null, request_count: 0 });
    const instances = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    await instances.nextOf('snapshot');
    const figures = async () =>
      Object(await (await fetch(`${gateway.url}/api/diagnostics/telemetry`)).json());
    const before = await waitFor('a good poll', async () => {
      const now = await figures();
      return now.last_poll === null ? undefined : now;
    });
    expect(before).toMatchObject({ success_rate: 100, api_latency_ms: expect.any(Number) });

    const turns = () => diagnostics.packets.filter(({ type }) => type === 'telemetry');
    engine.set('hangs');
    // Its own beat comes each 5 s: more than one in less than that is told besides.
    await diagnostics.next(({ type, data }) => type === 'telemetry' && Number(data.success_rate) < 100);
    const failedAt = turns().length;
    engine.set([listed('a')]);
    await diagnostics.next(
      ({ type, data }) => type === 'telemetry' && String(data.last_poll) > String(before.last_poll),
    );
    expect(turns().length).toBeGreaterThan(failedAt);
  });
});

const padding = 'x'.repeat(40_000);
const numberOf = ({ data }: Packet): number =>
  isJsonObject(data.details) && typeof data.details.number === 'number' ? data.details.number : 0;

describe.skipIf(redisMissing)('A diagnostics client that stops reading', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('skips, is told of in the log as its drops pass tens, reads on from the oldest kept, and nobody else is late', async (test) => {
    const { gateway, connect, publish, get, lines } = await setUpWithRedis(test, redis);
    const well = await Promise.all(Array.from({ length: 5 }, () => connect()));
    const slow = await connect();
    await slow.nextOf('logs');
    slow.socket.pause();

    const total = 400;
    for (let number = 1; number <= total; number += 1) {
      await publish('graph_update', {
        update_type: 'entity_updated',
        entity_id: 'entity-1',
        details: { number, padding },
      });
      await Promise.all(well.map((client) => client.next((packet) => numberOf(packet) === number)));
    }
    for (const client of well) {
      expect(client.packets.map(numberOf).filter((number) => number > 0)).toHaveLength(total);
    }
    const states = (await get('connections')) as { messages_dropped: number; connection_id: string }[];
    const dropped = states.map(({ messages_dropped }) => messages_dropped);
    const [drops = 0] = dropped.splice(-1);
    expect(dropped).toEqual([0, 0, 0, 0, 0]);
    expect(drops).toBeGreaterThan(200);
    const id = states.at(-1)?.connection_id ?? '';
    const told = lines('Dropped').map((line) => Number(line.split(' ')[1]));
    expect(lines('Dropped')).toEqual(told.map((count) => `Dropped ${count} messages for slow client ${id}`));
    const tens = told.map((count) => Math.floor(count / 10));
    expect(tens).toEqual([...new Set(tens)].sort((a, b) => a - b));
    expect(tens.at(-1)).toBe(Math.floor(drops / 10));
    expect(JSON.stringify(await get('logs?limit=200'))).not.toContain('Dropped');
    expect((await gateway.metrics()).value('bff_dropped_total', { dialect: 'diagnostics' })).toBe(drops);

    slow.socket.resume();
    await slow.next((packet) => numberOf(packet) === total);
    const seen = slow.packets.map(numberOf).filter((number) => number > 0);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.length + drops).toBe(total);
    expect(seen.slice(-100)).toEqual(Array.from({ length: 100 }, (_, index) => total - 99 + index));
    slow.socket.close();
    await slow.closed;
    const line = `WebSocket disconnected: ${id} `;
    const farewell = await well[0]?.next(({ data }) => String(data.message).startsWith(line));
    expect(farewell?.data.message).toMatch(new RegExp(`\\(sent: \\d+, dropped: ${drops}\\)$`));
  });
});
