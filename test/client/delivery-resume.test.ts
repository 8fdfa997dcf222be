import { describe, expect, it } from 'vitest';
import { setUpDelivery } from './delivery-set-up.ts';

describe('A RESUME', () => {
  it('is never sent twice, whatever becomes of the way it took', async () => {
    const { client, socket, sockets, posts, advance } = await setUpDelivery();
    const resume = expect(client.command('RESUME')).rejects.toMatchObject({
      code: 'DISCONNECTED',
      effect: 'unknown',
    });
    await advance(3000);
    expect(posts).toEqual([]);
    socket.end();
    await resume;
    await advance(1000);
    sockets.at(-1)?.welcome();
    await advance(10_000);
    expect(posts).toEqual([]);
    expect(sockets.flatMap((each) => each.sentOf('RESUME'))).toHaveLength(1);
  });

  it('by HTTP is never sent twice either', async () => {
    const { client, socket, posts, advance } = await setUpDelivery({ isLive: false });
    const resume = expect(client.command('RESUME')).rejects.toMatchObject({
      code: 'DISCONNECTED',
      effect: 'unknown',
    });
    await advance(0);
    posts[0]?.cut();
    await resume;
    socket.welcome();
    await advance(10_000);
    expect(posts).toHaveLength(1);
    expect(socket.sentOf('RESUME')).toEqual([]);
  });

  it('that a proxy answers with 5xx may have had its effect', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const resume = expect(client.command('RESUME')).rejects.toMatchObject({
      code: 'DISCONNECTED',
      message: 'HTTP 502',
      effect: 'unknown',
    });
    await advance(0);
    posts[0]?.answer({}, 502);
    await resume;
  });

  it('is refused with the code of the gateway, by HTTP too', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const resume = expect(client.command('RESUME')).rejects.toMatchObject({ code: 'LIMIT', effect: 'none' });
    await advance(0);
    posts[0]?.answer({ code: 'LIMIT', detail: 'too many', effect: 'none' }, 503);
    await resume;
  });

  it('takes the WebSocket that came up meanwhile where nothing was sent by HTTP', async () => {
    const { client, script, socket, advance } = await setUpDelivery({ isLive: false });
    script.others = undefined;
    const resume = client.command('RESUME', { requestId: 'x' });
    socket.welcome();
    await advance(0);
    socket.say({ type: 'ACK', command: 'RESUME', requestId: 'x', result: 2 });
    expect(await resume).toMatchObject({ result: 2 });
  });

  it('goes by HTTP where the WebSocket has fallen silent', async () => {
    const { client, socket, posts, advance } = await setUpDelivery();
    await advance(16_000);
    const resume = client.command('RESUME', { requestId: 'x' });
    await advance(0);
    posts[0]?.ack();
    expect(await resume).toMatchObject({ result: 1 });
    expect(socket.sentOf('RESUME')).toEqual([]);
  });
});
