import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, refusalOf } from '../support/client.ts';
import { openEventStream, streamRefusalOf } from '../support/event-stream-client.ts';
import { example } from '../support/example-dialect.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/** A gateway that serves nothing but the example. */
async function setUp(test: TestScope) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: false, dialects: [example] }));
  return {
    ...gateway,
    publish: (state: object) => events.publish('example', JSON.stringify(state)),
    get: (path: string, headers = {}) => fetch(`${gateway.url}${path}`, { headers }),
  };
}

describe('A dialect of one state', () => {
  it('is read by REST with its position as the tag, and not twice', async (test) => {
    const { get, publish } = await setUp(test);
    publish({ price: 1 });
    const first = await get('/api/example');
    expect(await first.json()).toEqual({ price: 1 });
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[^"]+-2"$/);
    expect((await get('/api/example', { 'if-none-match': tag })).status).toBe(304);
    publish({ price: 2 });
    expect((await get('/api/example', { 'if-none-match': tag })).status).toBe(200);
  });

  it('is told over a stream with its positions, at the pace that is asked for', async (test) => {
    const { url, publish, get } = await setUp(test);
    const reader = await useIn(test, openEventStream(`${url}/api/stream/example?interval=50`));
    expect((await reader.next()).packet.type).toBe('welcome');
    for (const price of [1, 2, 3]) publish({ price });
    const { id, packet } = await reader.next();
    expect(packet).toMatchObject({ type: 'state', data: { price: 3 } });
    expect((await get('/api/example')).headers.get('etag')).toBe(`"${id}"`);
  });

  it('closes with a code of its own', async (test) => {
    const { wsUrl } = await setUp(test);
    const client = await useIn(test, connectClient(`${wsUrl}/ws/example`));
    client.send({ type: 'leave' });
    expect(await client.closed).toEqual({ code: 4002, reason: 'asked' });
  });

  it('refuses a bad query before there is a connection, in either way', async (test) => {
    const { url, wsUrl } = await setUp(test);
    const query = '?interval=fast';
    expect((await refusalOf(`${wsUrl}/ws/example${query}`)).status).toBe(400);
    expect((await streamRefusalOf(`${url}/api/stream/example${query}`, {})).status).toBe(400);
  });

  it('is all that is described where nothing else is served, and all that is waited for', async (test) => {
    const { get } = await setUp(test);
    expect(await (await get('/asyncapi.json')).json()).toMatchObject({
      channels: {
        example: {
          address: '/ws/example',
          messages: { ping: {}, leave: {}, welcome: {}, state: {}, pong: {} },
        },
      },
    });
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/api/telemetry')).status).toBe(404);
  });
});
