import { describe, expect, it } from 'vitest';
import type { DemoEngine } from '../../../src/demo/engine.ts';
import { connectClient, type TestClient } from '../../support/client.ts';
import { nowhere, startGateway } from '../../support/gateway.ts';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { redisMissing } from '../../support/redis-server.ts';
import { useIn, waitFor } from '../../support/wait.ts';
import { newsOf, setUpStreamsWithRedis } from './port-set-up.ts';

type Life = DemoEngine['instances'];

/** What is done to instances, and the deltas that a client which hides archived ones gets of it. */
const changes: readonly (readonly [string, (life: Life) => unknown, readonly string[]])[] = [
  ['started', (life) => life.start('agent-5'), ['status_changed']],
  ['stopped', (life) => life.stop('agent-1'), ['status_changed']],
  ['restarted', (life) => life.restart('agent-2'), ['status_changed']],
  ['crashed', (life) => life.fail('agent-3'), ['status_changed']],
  ['created', (life) => life.create('new-1'), ['instance_created']],
  ['cloned', (life) => life.clone('agent-2', 'new-2'), ['instance_created']],
  ['archived', (life) => life.archive('agent-5'), ['status_changed', 'instance_archived']],
  ['unarchived', (life) => life.unarchive('agent-6'), ['instance_unarchived', 'status_changed']],
  ['deleted', (life) => life.remove('new-1'), ['instance_deleted']],
];

/** The instances that a client shows which did what it was told. */
function shownBy(client: TestClient): Map<unknown, unknown> {
  const shown = new Map<unknown, unknown>();
  for (const { body } of client.packets) {
    const { type, name } = body;
    if (type === 'snapshot') {
      shown.clear();
      for (const one of Object(body.instances)) shown.set(one.name, one.status);
    } else if (type === 'instance_archived' || type === 'instance_deleted') shown.delete(name);
    else if ('status' in body) shown.set(name, body.status);
  }
  return shown;
}

async function follow(client: TestClient, life: Life, limitMs: number): Promise<void> {
  await client.nextOf('snapshot');
  for (const [what, act, types] of changes) {
    const before = newsOf(client).length;
    const startedAt = performance.now();
    act(life);
    await waitFor(what, () => newsOf(client).length >= before + types.length, {
      state: () => newsOf(client).slice(before),
    });
    expect(performance.now() - startedAt, what).toBeLessThan(limitMs);
    expect(
      newsOf(client)
        .slice(before)
        .map(({ type }) => type),
      what,
    ).toEqual(types);
  }
  expect(shownBy(client)).toEqual(new Map(life.list(false).map(({ name, status }) => [name, status])));
}

describe.skipIf(redisMissing)('/ws/instances with Redis', () => {
  it('tells each change of a life at once and once, though poll and event report it both', async (test) => {
    const { connect, engine, gateway } = await setUpStreamsWithRedis(test);
    const clients = [await connect('/ws/instances'), await connect('/ws/instances')];
    const [first, second] = clients;
    if (first === undefined || second === undefined) throw new Error('no clients');
    await follow(first, engine.instances, 1000);
    const told = first.packets.length;
    const polls = async () =>
      (await gateway.metrics()).value('bff_source_latency_seconds_count', { source: 'instances' });
    const sofar = await polls();
    await waitFor('two more polls', async () => (await polls()) >= sofar + 2);
    expect(first.packets).toHaveLength(told);
    expect(second.packets.map(({ text }) => text)).toEqual(first.packets.map(({ text }) => text));
  });

  it('asks the engine afresh when Redis is back', async (test) => {
    const { connect, engine, redis, gateway } = await setUpStreamsWithRedis(test);
    const client = await connect('/ws/instances');
    await client.nextOf('snapshot');
    await redis.kill();
    engine.instances.stop('agent-1');
    expect((await client.nextOf('status_changed')).body).toMatchObject({
      name: 'agent-1',
      status: 'stopped',
    });
    await redis.restart();
    await waitFor(
      'redis',
      () => gateway.log.entries.filter(({ message }) => message === 'redis connected').length === 2,
    );
    engine.instances.stop('agent-2');
    await client.next(({ body }) => body.name === 'agent-2');
    expect(newsOf(client)).toHaveLength(2);
  });
});

describe('/ws/instances without events', () => {
  it('tells each change within a poll', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: { activity: 0 } }));
    const client = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    // One second, and some for a machine that is busy.
    await follow(client, gateway.engine.instances, 1500);
  });

  it('sends a fresh snapshot when a port changes', async (test) => {
    const engine = await useIn(test, startInstanceEngine([listed('a'), listed('b')]));
    const gateway = await useIn(test, startGateway({ engine: false, settings: { ENGINE_URL: engine.url } }));
    const client = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    await client.nextOf('snapshot');
    engine.set([listed('a', { port: 20_000 }), listed('b')]);
    const { body } = await client.next();
    expect(body).toEqual({
      type: 'snapshot',
      instances: [listed('a', { port: 20_000 }), listed('b')],
      include_archived: false,
    });
  });

  it('shows and hides archived instances as the client chooses', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: { activity: 0 } }));
    const client = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    const namesIn = async () =>
      Object((await client.nextOf('snapshot')).body.instances).map(({ name }: { name: string }) => name);
    expect(await namesIn()).not.toContain('agent-6');
    client.send({ type: 'set_include_archived', value: true });
    expect(await namesIn()).toContain('agent-6');
    gateway.engine.instances.remove('agent-6');
    expect((await client.next()).body).toMatchObject({ type: 'instance_deleted', name: 'agent-6' });
    client.send({ type: 'set_include_archived', value: false });
    expect(await namesIn()).not.toContain('agent-6');
  });

  it('goes on from what it knows while the engine is away', async (test) => {
    const engine = await useIn(test, startInstanceEngine([listed('a')]));
    const gateway = await useIn(test, startGateway({ engine: false, settings: { ENGINE_URL: engine.url } }));
    const first = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    await first.nextOf('snapshot');
    engine.set('hangs');
    await waitFor('a failed poll', () =>
      gateway.log.entries.some(
        ({ message, fields }) => message === 'poll failed' && fields.source === 'instances',
      ),
    );
    const second = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    expect((await second.next()).body.instances).toEqual([listed('a')]);
    expect(newsOf(first)).toEqual([]);
  });
});

const paths = ['/ws/instances', '/ws/instances/a/logs', '/ws/instances/nobody/logs'];

describe.concurrent('Streams of an engine that has never answered', () => {
  it.for(['hangs', 'is not there'])('end with 4500 after 5 s where it %s', async (how, test) => {
    const engine = await useIn(test, startInstanceEngine('hangs'));
    const ENGINE_URL = how === 'hangs' ? engine.url : nowhere;
    const gateway = await useIn(test, startGateway({ engine: false, settings: { ENGINE_URL } }));
    const startedAt = performance.now();
    const clients = await Promise.all(
      paths.map((path) => useIn(test, connectClient(`${gateway.wsUrl}${path}`))),
    );
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 4500, reason: 'unavailable' });
      test
        .expect(client.packets.map(({ body }) => body))
        .toMatchObject([{ type: 'error', code: 'engine_unavailable' }]);
    }
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(4900);
    expect(tookMs).toBeLessThan(15_000);
  });

  it('begin as soon as it answers', async (test) => {
    const engine = await useIn(test, startInstanceEngine('hangs'));
    const gateway = await useIn(
      test,
      startGateway({ engine: false, settings: { ENGINE_URL: engine.url, INSTANCE_LOG_DIR: '/nonexistent' } }),
    );
    const [instances, log, unknown] = await Promise.all(
      paths.map((path) => useIn(test, connectClient(`${gateway.wsUrl}${path}`))),
    );
    instances?.send({ type: 'ping' });
    expect((await instances?.next())?.type).toBe('pong');
    engine.set([listed('a')]);
    expect((await instances?.next())?.body.instances).toEqual([listed('a')]);
    expect((await log?.next())?.body).toEqual({ type: 'backlog', lines: [], count: 0 });
    expect((await unknown?.closed)?.code).toBe(4404);
  });
});
