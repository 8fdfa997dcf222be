import { describe, expect, it } from 'vitest';
import { connectClient } from '../../support/client.ts';
import { nowhere, startGateway } from '../../support/gateway.ts';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { useIn } from '../../support/wait.ts';

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
