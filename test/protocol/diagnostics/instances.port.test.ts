import { describe, expect, it } from 'vitest';
import { connectClient } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { useIn, waitFor } from '../../support/wait.ts';

describe('Diagnostics where only the instances are polled', () => {
  it('tell of these polls: the last good one, and at once when one fails or is well again', async (test) => {
    const engine = await useIn(test, startInstanceEngine([listed('a')]));
    const settings = { DIALECTS: 'streams,diagnostics', ENGINE_URL: engine.url };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const diagnostics = await useIn(test, connectClient(`${gateway.wsUrl}/ws/diagnostics`));
    expect((await diagnostics.next()).data).toMatchObject({ last_update: null, request_count: 0 });
    const instances = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    await instances.nextOf('snapshot');
    const figures = async () =>
      Object(await (await fetch(`${gateway.url}/api/diagnostics/telemetry`)).json());
    const before = await waitFor('a good poll', async () => {
      const now = await figures();
      return now.last_update === null ? undefined : now;
    });
    expect(before).toMatchObject({ success_rate: 100, api_latency_ms: expect.any(Number) });

    const turns = () => diagnostics.packets.filter(({ type }) => type === 'telemetry');
    engine.set('hangs');
    // Its own beat comes each 5 s: more than one in less than that is told besides.
    await diagnostics.next(({ type, data }) => type === 'telemetry' && Number(data.success_rate) < 100);
    const failedAt = turns().length;
    engine.set([listed('a')]);
    await diagnostics.next(
      ({ type, data }) => type === 'telemetry' && String(data.last_update) > String(before.last_update),
    );
    expect(turns().length).toBeGreaterThan(failedAt);
  });
});
