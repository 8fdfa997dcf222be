import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { example } from '../support/example-dialect.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { connectSocketIo, type SocketIoWay, socketIoWays } from '../support/socket-io-client.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/** A gateway that serves nothing but the example. */
async function setUp(test: TestScope, options: StartOptions = {}) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: false, dialects: [example], ...options }));
  return {
    gateway,
    publish: (state: object) => events.publish('example', JSON.stringify(state)),
    connect: (way: SocketIoWay, more = {}) =>
      useIn(test, connectSocketIo(gateway.url, way, { path: '/example-io/', ...more })),
  };
}

describe.each(socketIoWays)('A Socket.IO client by %s', (way) => {
  it('is told messages as events, and answered', async (test) => {
    const { connect, publish } = await setUp(test);
    publish({ price: 1 });
    const client = await connect(way);
    expect((await client.nextOf('welcome')).body).toEqual({ type: 'welcome', data: { price: 1 } });
    publish({ price: 2 });
    expect((await client.nextOf('state')).data).toEqual({ price: 2 });
    client.emit('ping');
    await client.nextOf('pong');
    expect(client.transport).toBe(way === 'polling' ? 'polling' : 'websocket');
  });
});
