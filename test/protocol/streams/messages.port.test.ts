import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { privateMark } from '../../../src/demo/message/message-text.ts';
import { connectClient, type TestClient } from '../../support/client.ts';
import { redisMissing } from '../../support/redis-server.ts';
import { useIn, waitFor } from '../../support/wait.ts';
import { setUpStreamsWithRedis } from './port-set-up.ts';

const fields = ['message_id', 'event', 'from', 'to', 'message_type', 'detail', 'timestamp'];

/** The events that a client knows of, from its snapshot and after it. */
function eventsOf({ packets }: TestClient): JsonObject[] {
  return packets.flatMap(({ type, body }) =>
    type === 'snapshot' ? Object(body.recent_events) : type === 'message_event' ? [body] : [],
  );
}

describe.skipIf(redisMissing)('/ws/messages', () => {
  it('tells what becomes of the messages of an engine, and nothing that is private in them', async (test) => {
    const { connect, gateway } = await setUpStreamsWithRedis(test, { engine: { activity: 40 } });
    const client = await connect('/ws/messages');
    await waitFor('a hundred events', () => client.packets.length > 100);
    const events = eventsOf(client);
    for (const event of events)
      expect(
        Object.keys(event)
          .filter((key) => key !== 'type')
          .sort(),
      ).toEqual([...fields].sort());
    expect(new Set(events.map(({ event }) => event)).size).toBeGreaterThan(2);
    const later = await connect('/ws/messages');
    expect(Object((await later.next()).body.recent_events).length).toBeLessThanOrEqual(100);

    // One message whole, for who asks for it.
    const id = String(events[0]?.message_id);
    const whole = await fetch(`${gateway.url}/api/messages/${id}`);
    expect(await whole.text()).toContain(privateMark);
    expect([whole.status, whole.headers.get('cache-control'), whole.headers.get('etag')]).toEqual([
      200,
      'no-store',
      null,
    ]);
    const list = await (await fetch(`${gateway.url}/api/messages?limit=500`)).text();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    const wire = [client, later].flatMap(({ packets }) => packets.map(({ text }) => text));
    for (const text of [...wire, list, metrics, JSON.stringify(gateway.log.entries)])
      expect(text.includes(privateMark)).toBe(false);
    expect(JSON.stringify(gateway.log.entries)).not.toContain(id);
  });

  it('filters by instance, by chain, and by both', async (test) => {
    const { connect, publisher, gateway } = await setUpStreamsWithRedis(test);
    const paths = [
      '',
      '?instance=a',
      '?correlation_id=c%2F1',
      '?instance=a&correlation_id=c%2F1',
      '?instance=&correlation_id=',
    ];
    const before = await Promise.all(paths.map((path) => connect(`/ws/messages${path}`)));
    for (const client of before) await client.nextOf('snapshot');
    const pairs = [
      ['a', 'b', 'c/1'],
      ['b', 'a', 'c/2'],
      ['b', 'c', 'c/1'],
      ['c', 'a', 'c/1'],
    ];
    for (const [index, [from, to, correlation_id]] of pairs.entries()) {
      const event = { message_id: `${index}`, event: 'sent', from, to, message_type: 't', correlation_id };
      await publisher.publish('message_events', JSON.stringify(event));
    }
    const wanted = [
      ['0', '1', '2', '3'],
      ['0', '1', '3'],
      ['0', '2', '3'],
      ['0', '3'],
      ['0', '1', '2', '3'],
    ];
    const ids = (client: TestClient) => eventsOf(client).map(({ message_id }) => message_id);
    await waitFor('all events', () =>
      before.every((client, index) => ids(client).length === wanted[index]?.length),
    );
    expect(before.map(ids)).toEqual(wanted);
    const after = await Promise.all(paths.map((path) => connect(`/ws/messages${path}`)));
    for (const client of after) await client.nextOf('snapshot');
    expect(after.map(ids)).toEqual(wanted);

    const long = await useIn(test, connectClient(`${gateway.wsUrl}/ws/messages?instance=${'x'.repeat(257)}`));
    expect((await long.closed).code).toBe(4400);
    expect(long.latest.body).toMatchObject({ type: 'error', code: 'bad_request' });
  });
});
