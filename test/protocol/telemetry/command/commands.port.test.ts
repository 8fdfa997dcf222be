import { describe, expect, it } from 'vitest';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { useIn, waitFor } from '../../../support/wait.ts';

const settings = { ALLOW_COMMANDS: 'true' };

describe('HALT and RESUME', () => {
  it('reach the engine, are acknowledged with its answer, and show in the document of everyone', async (test) => {
    const { wsUrl, engine, log } = await useIn(test, startGateway({ settings }));
    const operator = await useIn(test, connectClient(wsUrl));
    const viewer = await useIn(test, connectClient(wsUrl));
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'ACTIVE');
    operator.send({ type: 'HALT', reason: 'drill', requestId: 'h' });
    expect((await operator.nextOf('ACK')).body).toMatchObject({ command: 'HALT', requestId: 'h' });
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'HALT');
    expect(engine.market.status()).toBe('HALT');
    operator.send({ type: 'RESUME', requestId: 'r' });
    expect((await operator.nextOf('ACK')).body).toMatchObject({ command: 'RESUME', requestId: 'r' });
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'ACTIVE');
    const audited = log.entries.filter(({ fields }) => fields.audit === true);
    expect(audited.map(({ fields }) => fields.command)).toEqual(['HALT', 'RESUME']);
  });

  it('are told apart while the state is not fresh: a HALT gets through, a RESUME is STALE', async (test) => {
    const { wsUrl, url, engine } = await useIn(test, startGateway({ settings }));
    const client = await useIn(test, connectClient(wsUrl));
    engine.faults.apply({ kind: 'error', path: '/api/system/state' });
    await waitFor('a stale state', async () => {
      const health = await (await fetch(`${url}/health`)).json();
      return JSON.stringify(health).includes('"state":{"status":"stale"');
    });
    client.send({ type: 'HALT' });
    expect((await client.nextOf('ACK')).body).toMatchObject({ command: 'HALT' });
    client.send({ type: 'RESUME' });
    expect((await client.nextOf('ERROR')).body).toMatchObject({ command: 'RESUME', code: 'STALE' });
    expect(engine.market.status()).toBe('HALT');
  });

  it('are not kept from the engine by all else that their client says: a HALT is never over the rate', async (test) => {
    const { wsUrl, engine } = await useIn(test, startGateway({ settings }));
    const client = await useIn(test, connectClient(wsUrl));
    await client.nextOf('TELEMETRY');
    for (let index = 0; index < 200; index += 1) client.send({ type: 'PING' });
    client.send({ type: 'HALT', requestId: 'late' });
    expect((await client.nextOf('ACK')).body).toMatchObject({ command: 'HALT', requestId: 'late' });
    expect(engine.market.status()).toBe('HALT');
  });
});
