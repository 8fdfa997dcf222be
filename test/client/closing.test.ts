import { describe, expect, it } from 'vitest';
import { connectToFake } from './fake-gateway.ts';

describe('A client that was closed', () => {
  it('does nothing about a frame, an end or a time that comes later', async () => {
    const { client, socket, sockets, fetched, advance } = await connectToFake({ mode: 'delta' });
    socket.welcome({ a: 1 });
    client.close();
    const events: string[] = [];
    for (const event of ['update', 'state', 'granted', 'error'] as const)
      client.on(event, () => events.push(event));
    socket.say({ type: 'TELEMETRY', seq: 2, data: { a: 2 } });
    socket.say('garbage');
    socket.end();
    await advance(200_000);
    expect(client.document).toEqual({ a: 1 });
    expect(events).toEqual([]);
    expect(sockets).toHaveLength(1);
    expect(fetched).toEqual([]);
    expect(client.status).toMatchObject({ state: 'closed', transport: undefined });
    expect(client.stats.packets).toBe(1);
  });

  it('closes the connection, also one that is being made, and says so once', async () => {
    const { client, socket } = await connectToFake();
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    client.close();
    client.close();
    expect(socket.isClosed).toBe(true);
    expect(states).toEqual(['closed']);
  });

  it('opens nothing when it is closed while it waits for its token', async () => {
    let give = (_token: string): void => {};
    const { client, sockets, advance } = await connectToFake({
      token: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    client.close();
    give('t');
    await advance(0);
    expect(sockets).toEqual([]);
  });

  it('calls no other listener of an update in which it was closed', async () => {
    const { client, socket } = await connectToFake();
    const seen: string[] = [];
    client.on('update', () => client.close());
    client.on('update', () => seen.push('update'));
    client.on('granted', () => seen.push('granted'));
    client.on('state', ({ state }) => seen.push(state));
    socket.welcome({ a: 1 });
    expect(seen).toEqual(['closed']);
  });

  it('refuses commands and options, and ends every iteration', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ a: 1 });
    const iterating = (async () => {
      const seen = [];
      for await (const document of client) seen.push(document);
      return seen;
    })();
    const halt = client.command('HALT');
    const options = client.setOptions({ interval: 50 });
    client.close();
    await expect(halt).rejects.toMatchObject({ code: 'CLOSED', command: 'HALT' });
    await expect(options).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.command('HALT')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.setOptions({})).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await iterating).length).toBeLessThan(2);
  });
});
