import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../../../src/source/events.ts';
import { connectClient, type Packet, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { useIn, waitFor } from '../../../support/wait.ts';

const periodMs = 1000;
/** Timers of a busy test process are late. */
const slackMs = 500;
const statusIs = (source: string, status: string) => (packet: Packet) =>
  valueAt(packet.data, 'sources', source, 'status') === status;

describe.concurrent('While the engine is away', () => {
  it('every client is told within two periods, keeps the last values, and sees it come back', async (test) => {
    const gateway = await useIn(test, startGateway());
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => useIn(test, connectClient(gateway.wsUrl))),
    );
    for (const client of clients) await client.next(statusIs('models', 'fresh'));
    const lastGood = (packet: Packet) => [packet.data.market, packet.data.agents, packet.data.timestamp];

    await gateway.engine.stop();
    const stoppedAt = Date.now();
    const stale = await Promise.all(clients.map((client) => client.next(statusIs('state', 'stale'))));
    // The gateway's own time of the change, so that a busy test process does not count.
    for (const packet of stale) {
      const since = Date.parse(String(valueAt(packet.data, 'sources', 'state', 'since')));
      expect(since - stoppedAt).toBeLessThanOrEqual(2 * periodMs + slackMs);
      expect(lastGood(packet)).toEqual(lastGood(stale[0] ?? packet));
      expect(valueAt(packet.data, 'market', 'symbol')).toBe('SPY');
    }
    const down = await Promise.all(clients.map((client) => client.next(statusIs('state', 'down'))));
    for (const packet of down) {
      expect(lastGood(packet)).toEqual(lastGood(stale[0] ?? packet));
      expect(valueAt(packet.data, 'sources', 'state', 'error')).toBe('connection refused (ECONNREFUSED)');
    }

    await gateway.engine.start();
    const restartedAt = Date.now();
    const back = await Promise.all(clients.map((client) => client.next(statusIs('state', 'fresh'))));
    for (const packet of back) {
      const since = Date.parse(String(valueAt(packet.data, 'sources', 'state', 'since')));
      expect(since - restartedAt).toBeLessThanOrEqual(2 * periodMs + slackMs);
      expect(valueAt(packet.data, 'sources', 'state', 'error')).toBeUndefined();
    }
    expect(new Set(clients.map(({ packets }) => packets[0]?.body.epoch)).size).toBe(1);
  });

  it('a source that is polled once a year stays fresh after its poll', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { POLL_CRON: '0 0 0 1 1 *' } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    const allFresh = (packet: Packet) =>
      ['state', 'agents', 'models'].every((source) => statusIs(source, 'fresh')(packet));
    const fresh = await client.next(allFresh);
    // By then it is sent again, and had the time to change.
    const repeated = await client.next();
    expect(repeated.seq).toBe(fresh.seq);
  });

  it('one endpoint that hangs delays neither the others nor events', async (test) => {
    const events = new MemoryEvents();
    const gateway = await useIn(test, startGateway({ events, settings: { POLL_TIMEOUT_MS: '60000' } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next(statusIs('agents', 'fresh'));
    const agents = client.latest.data.agents;
    gateway.engine.faults.apply({ kind: 'hang', path: '/api/system/metrics/agents' });
    const stale = await client.next(statusIs('agents', 'stale'));

    for (let tick = 0; tick < 2; tick += 1) {
      const before = client.latest;
      const packet = await client.next(({ data }) => data.timestamp !== before.data.timestamp);
      expect(packet.data.models).not.toEqual(stale.data.models);
      expect(statusIs('state', 'fresh')(packet) && statusIs('models', 'fresh')(packet)).toBe(true);
      expect(packet.data.agents).toEqual(agents);
    }
    events.publish('state_update', JSON.stringify({ marker: 'event' }));
    await client.next(({ data }) => data.marker === 'event');
    expect(statusIs('agents', 'stale')(client.latest)).toBe(true);
  });

  it('malformed and huge answers are counted by reason and change nothing', async (test) => {
    // However busy this machine is, it is for these reasons that a poll fails.
    const gateway = await useIn(test, startGateway({ settings: { POLL_TIMEOUT_MS: '20000' } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await waitFor('all to be fresh', () =>
      ['state', 'agents', 'models'].every((name) => client.packets.some(statusIs(name, 'fresh'))),
    );
    const { faults } = gateway.engine;
    for (const path of ['/api/system/state', '/api/system/metrics/models'])
      faults.apply({ kind: 'malformed', path });
    faults.apply({ kind: 'huge', path: '/api/system/metrics/agents' });
    const failed = (source: string, reason: string) =>
      waitFor(`${source} ${reason}`, async () => {
        const metrics = await gateway.metrics();
        return metrics.value('bff_source_failures_total', { source, reason }) >= 2;
      });
    await Promise.all([
      failed('state', 'malformed'),
      failed('models', 'malformed'),
      failed('agents', 'too_large'),
    ]);
    const known = client.latest;
    faults.apply({ kind: 'malformed', path: '/api/system/metrics/agents' });
    await failed('agents', 'malformed');

    const { sources: _, ...good } = known.data;
    for (const packet of client.packets.slice(client.packets.indexOf(known))) {
      const { sources: __, ...shown } = packet.data;
      expect(shown).toEqual(good);
    }
    expect(client.packets.some(({ text }) => /doctype|padding/.test(text))).toBe(false);
  });

  it('fields of a wrong type are null and named, and what is right beside them is shown', async (test) => {
    const gateway = await useIn(test, startGateway());
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next(statusIs('state', 'fresh'));
    const { faults } = gateway.engine;
    faults.apply({ kind: 'wrong', path: '/api/system/state' });
    const notes = ({ data }: Packet) => String(valueAt(data, 'sources', 'state', 'notes') ?? '');
    const text = await client.next((packet) => notes(packet).startsWith('market: '));
    expect(text.data).toMatchObject({
      status: 'ACTIVE',
      market: { price: null, symbol: null },
      sources: { state: { status: 'fresh', notes: ['market: expected an object, got a string'] } },
    });
    const one = await client.next((packet) => notes(packet).startsWith('timestamp: '));
    expect(one.data).toMatchObject({
      status: null,
      market: { symbol: 'SPY', price: 450.32 },
      sources: {
        state: {
          notes: ['timestamp: expected a time, got a string', 'status: expected a string, got a number'],
        },
      },
    });
    faults.apply({ kind: 'none' });
    const right = await client.next(({ data }) => valueAt(data, 'sources', 'state', 'notes') === undefined);
    expect(right.data).toMatchObject({ status: 'ACTIVE', market: { price: expect.any(Number) } });
    expect(client.packets.some((packet) => /yesterday|SPY 450/.test(packet.text))).toBe(false);
  });
});
