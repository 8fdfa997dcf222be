import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../../../src/source/events.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { useIn, waitFor } from '../../../support/wait.ts';

const documented = ['market', 'portfolio', 'signal', 'governance', 'logs', 'agents', 'models', 'sources'];

describe.concurrent('A new telemetry client', () => {
  it('gets the engine’s state in WELCOME, and TELEMETRY about each second', async (test) => {
    const gateway = await useIn(test, startGateway());
    const first = await useIn(test, connectClient(gateway.wsUrl));
    await first.next(({ data }) => valueAt(data, 'sources', 'models', 'status') === 'fresh');

    const client = await useIn(test, connectClient(gateway.wsUrl));
    const welcome = await client.next();
    expect(welcome.type).toBe('WELCOME');
    expect(welcome.body).toMatchObject({
      seq: expect.any(Number),
      epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
      granted: { mode: 'full', encoding: 'json', interval: 0, role: 'viewer', commands: false },
      data: { status: 'ACTIVE', market: { symbol: 'SPY' } },
    });
    expect(Object.keys(welcome.data)).toEqual(expect.arrayContaining([...documented, 'timestamp', 'status']));

    let last = welcome;
    for (let tick = 0; tick < 3; tick += 1) {
      const packet = await client.next();
      expect(packet.type).toBe('TELEMETRY');
      expect(packet.seq).toBeGreaterThan(last.seq);
      last = packet;
    }
    expect(last.data.timestamp).not.toBe(welcome.data.timestamp);
  });

  it.for([
    ['was never up', false],
    ['hangs', true],
  ] as const)('is welcomed as INITIALIZING when the engine %s', async ([, hangs], test) => {
    const gateway = await useIn(
      test,
      startGateway({ settings: { POLL_TIMEOUT_MS: '60000' }, engine: hangs ? {} : false }),
    );
    gateway.engine.faults.apply({ kind: 'hang' });
    const client = await useIn(test, connectClient(gateway.wsUrl));
    const welcome = await client.next();
    expect(welcome.type).toBe('WELCOME');
    if (!hangs) {
      expect(welcome.data).toMatchObject({
        status: 'INITIALIZING',
        market: { symbol: '', price: 0 },
        portfolio: { nav: 0 },
        signal: { side: 'FLAT', reasoning: '' },
        logs: [],
        agents: {},
        models: {},
        sources: { state: { status: 'down' }, agents: { status: 'down' }, models: { status: 'down' } },
      });
      return;
    }
    // The first polls may have been under way before the fault: what counts is that nothing is waited for.
    const second = await useIn(test, connectClient(`${gateway.wsUrl}/ws/stream`));
    expect((await second.next()).type).toBe('WELCOME');
  });

  it('gets its packet again, with the same seq, when nothing happens for 5 s', async (test) => {
    const settings = { POLL_CRON: '0 0 * * * *', POLL_TIMEOUT_MS: '10000' };
    const gateway = await useIn(test, startGateway({ settings, engine: {} }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next(({ data }) =>
      ['state', 'agents', 'models'].every((name) => valueAt(data, 'sources', name, 'status') === 'fresh'),
    );
    client.skipReceived();
    const known = client.latest;
    const repeated = await client.next();
    expect(repeated.type).toBe('TELEMETRY');
    expect(repeated.seq).toBe(known.seq);
    expect(repeated.data).toEqual(known.data);
  });

  it('sees an event at once, on both paths', async (test) => {
    const events = new MemoryEvents();
    const gateway = await useIn(
      test,
      startGateway({ events, settings: { POLL_CRON: '0 0 * * * *' }, engine: { stepMs: 3_600_000 } }),
    );
    const clients = [
      await useIn(test, connectClient(gateway.wsUrl)),
      await useIn(test, connectClient(`${gateway.wsUrl}/ws/stream`)),
    ];
    await waitFor('the first poll', () => clients[0]?.packets.at(-1)?.data.status === 'ACTIVE');
    events.publish('state_update', JSON.stringify({ market: { price: 1.5 }, own: { field: [1, null] } }));
    for (const client of clients) {
      const packet = await client.next(({ data }) => valueAt(data, 'market', 'price') === 1.5);
      expect(packet.type).toBe('TELEMETRY');
      expect(packet.data).toMatchObject({ market: { symbol: 'SPY' }, own: { field: [1, null] } });
    }
  });
});
