import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { useClient } from './client-set-up.ts';
import { connectToFake } from './fake-gateway.ts';

describe('A command', () => {
  it('is carried out by the engine, whose answer it resolves with', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { ALLOW_COMMANDS: 'true' } }));
    const client = useClient(test, { url: gateway.url });
    await waitFor('the connection', () => client.status.state === 'live');
    expect(client.granted?.commands).toBe(true);
    expect(await client.command('HALT', { reason: 'drill', requestId: 'mine' })).toEqual({
      command: 'HALT',
      requestId: 'mine',
      result: expect.objectContaining({ status: 'HALT' }),
    });
    expect(await client.command('RESUME')).toMatchObject({ command: 'RESUME', result: { status: 'ACTIVE' } });
    const audit = gateway.log.entries
      .filter(({ fields }) => fields.audit === true)
      .map(({ fields }) => fields);
    expect(audit).toMatchObject([
      { command: 'HALT', reason: 'drill', request_id: 'mine', outcome: 'ACK' },
      { command: 'RESUME', outcome: 'ACK' },
    ]);
  });

  it('is rejected with the code of the gateway', async (test) => {
    const { gateway } = await setUpViews(test);
    const client = useClient(test, { url: gateway.url });
    await waitFor('the connection', () => client.status.state === 'live');
    await expect(client.command('HALT')).rejects.toMatchObject({
      code: 'COMMANDS_DISABLED',
      effect: 'none',
      command: 'HALT',
    });
  });

  it('gets its own answer where two have the same id', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome();
    const answers = Promise.all([
      client.command('HALT', { requestId: 'x' }),
      client.command('HALT', { requestId: 'x' }),
    ]);
    expect(socket.sentOf('HALT')).toHaveLength(2);
    socket.say({ type: 'ACK', command: 'HALT', requestId: 'x', result: 1 });
    socket.say({ type: 'ACK', command: 'HALT', requestId: 'x', result: 2 });
    expect((await answers).map(({ result }) => result)).toEqual([1, 2]);
  });

  it('is rejected when no answer comes in time, and when the connection ends', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome();
    const late = expect(client.command('RESUME', { timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      effect: 'unknown',
    });
    const cut = expect(client.command('RESUME')).rejects.toMatchObject({
      code: 'DISCONNECTED',
      effect: 'unknown',
    });
    await advance(3000);
    await late;
    socket.end();
    await cut;
    await advance(5000);
    expect(socket.sentOf('RESUME')).toHaveLength(2);
  });
});

describe('Without a connection', () => {
  it('a RESUME fails at once', async () => {
    const { client, advance } = await connectToFake();
    const failed = expect(client.command('RESUME')).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      effect: 'none',
    });
    await advance(0);
    await failed;
  });

  it('a HALT connects without waiting, and is sent as soon as there is a connection', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    socket.end();
    const halt = client.command('HALT', { requestId: 'x' });
    await advance(0);
    const next = sockets.at(-1);
    expect(next).not.toBe(socket);
    next?.welcome();
    await advance(0);
    expect(next?.sentOf('HALT')).toMatchObject([{ requestId: 'x' }]);
    next?.say({ type: 'ACK', command: 'HALT', requestId: 'x', result: { status: 'HALT' } });
    expect(await halt).toMatchObject({ result: { status: 'HALT' } });
  });

  it('a HALT whose time is up is never sent', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.end();
    const halt = expect(client.command('HALT')).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    await advance(10_000);
    await halt;
    sockets.at(-1)?.welcome();
    await advance(0);
    expect(sockets.flatMap((each) => each.sentOf('HALT'))).toEqual([]);
  });
});
