import { describe, expect, it } from 'vitest';
import { setUpDelivery } from './delivery-set-up.ts';

const refusal = { code: 'FORBIDDEN', detail: 'Commands need the role operator', effect: 'none' };

describe('A HALT', () => {
  it('goes by HTTP too, as the same one, when the WebSocket does not answer within a second', async () => {
    const { client, socket, posts, advance, onProgress, states } = await setUpDelivery();
    const halt = client.command('HALT', { reason: 'drill', requestId: 'x', onProgress });
    expect(states()).toEqual(['sent']);
    await advance(999);
    expect(posts).toEqual([]);
    await advance(1);
    expect(posts).toMatchObject([
      {
        url: 'https://gateway.example/prefix/api/telemetry/halt',
        message: { requestId: 'x', reason: 'drill' },
      },
    ]);
    posts[0]?.ack();
    expect(await halt).toEqual({ command: 'HALT', requestId: 'x', result: 1 });
    await advance(60_000);
    expect(posts).toHaveLength(1);
    expect(socket.sentOf('HALT')).toHaveLength(1);
  });

  it('is ACKed by whatever way ACKs first', async () => {
    const { client, socket, advance } = await setUpDelivery();
    const halt = client.command('HALT', { requestId: 'x' });
    await advance(1000);
    socket.say({ type: 'ACK', command: 'HALT', requestId: 'x', result: 2 });
    expect(await halt).toMatchObject({ result: 2 });
  });

  it('goes by HTTP at once when the WebSocket ends, and where it was silent before', async () => {
    const { client, socket, posts, advance } = await setUpDelivery();
    void client.command('HALT', { requestId: 'x' }).catch(() => {});
    socket.end();
    await advance(0);
    await advance(0);
    expect(posts).toHaveLength(1);

    const silent = await setUpDelivery();
    await silent.advance(16_000);
    expect(silent.client.status.state).toBe('stale');
    void silent.client.command('HALT').catch(() => {});
    await silent.advance(0);
    expect(silent.socket.sentOf('HALT')).toHaveLength(1);
    expect(silent.posts).toHaveLength(1);
    client.close();
    silent.client.close();
  });

  it('refused by one way and ACKed by the other is ACKed', async () => {
    const { client, socket, posts, advance } = await setUpDelivery();
    const halt = client.command('HALT', { requestId: 'x' });
    await advance(1000);
    socket.say({ type: 'ERROR', command: 'HALT', requestId: 'x', message: '', ...refusal });
    await advance(2000);
    posts[0]?.ack();
    expect(await halt).toMatchObject({ result: 1 });
  });

  it('refused by one way, while the other says nothing, is refused with an unknown effect', async () => {
    const { client, posts, advance } = await setUpDelivery();
    const halt = expect(client.command('HALT')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'Commands need the role operator',
      effect: 'unknown',
    });
    await advance(1000);
    posts[0]?.answer(refusal, 403);
    await advance(0);
    await advance(0);
    await advance(2500);
    await halt;
    expect(posts).toHaveLength(1);
  });

  it.each([
    ['none', 403],
    ['unknown', 502],
  ] as const)('refused by every way it went is refused at once, with effect %s', async (effect, status) => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const halt = expect(client.command('HALT')).rejects.toMatchObject({
      code: 'ANY',
      message: 'words',
      effect,
    });
    await advance(0);
    posts[0]?.answer({ code: 'ANY', detail: 'words', effect }, status);
    await halt;
  });

  it('that was sent and not answered is tried again by every way, and is unknown in the end', async () => {
    const { client, socket, sockets, posts, advance, states, onProgress } = await setUpDelivery();
    const halt = expect(client.command('HALT', { requestId: 'x', onProgress })).rejects.toMatchObject({
      code: 'TIMEOUT',
      effect: 'unknown',
    });
    socket.end();
    await advance(0);
    await advance(0);
    posts[0]?.cut();
    await advance(0);
    await advance(500);
    expect(posts).toHaveLength(2);
    sockets.at(-1)?.welcome();
    await advance(0);
    expect(sockets.at(-1)?.sentOf('HALT')).toMatchObject([{ requestId: 'x' }]);
    for (let look = 0; look < 20; look += 1) {
      for (const post of posts) post.cut();
      await advance(0);
      await advance(500);
    }
    await halt;
    expect(posts.length).toBeGreaterThan(10);
    expect(new Set(posts.map(({ message }) => message.requestId))).toEqual(new Set(['x']));
    expect(states()).toEqual(['sent']);
  });

  it('goes out again beside a request that hangs', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const halt = client.command('HALT', { requestId: 'x' });
    for (let look = 0; look < 7; look += 1) await advance(500);
    expect(posts.length).toBeGreaterThan(1);
    posts.at(-1)?.ack();
    expect(await halt).toMatchObject({ result: 1 });
  });

  it('says that nothing was sent while nobody is there, and ends so', async () => {
    const { client, script, posts, advance, states, onProgress } = await setUpDelivery({ isLive: false });
    script.others = undefined;
    const halt = expect(client.command('HALT', { onProgress })).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: 'nothing was sent: fetch failed',
      effect: 'none',
    });
    await advance(500);
    expect(states()).toEqual(['unsent']);
    for (let look = 1; look < 20; look += 1) await advance(500);
    await halt;
    expect(posts).toEqual([]);
  });

  it.each([502, 503, 504])('is not sent to a proxy that has lost its gateway and says %i', async (status) => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false, others: status });
    const halt = expect(client.command('HALT', { timeoutMs: 2000 })).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: `nothing was sent: HTTP ${status}`,
    });
    for (let look = 0; look < 4; look += 1) await advance(500);
    await halt;
    expect(posts).toEqual([]);
  });

  it.each([500, 501, 505])(
    'is sent where a proxy answers the question who is there with %i',
    async (status) => {
      const { client, posts, advance } = await setUpDelivery({ isLive: false, others: status });
      const halt = client.command('HALT');
      await advance(0);
      posts[0]?.ack();
      expect(await halt).toMatchObject({ result: 1 });
    },
  );

  it('is tried again where the gateway could not take it just then', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const halt = client.command('HALT', { requestId: 'x' });
    await advance(0);
    posts[0]?.answer({ code: 'SHUTTING_DOWN', detail: 'it ends', effect: 'none' }, 503);
    await advance(0);
    await advance(500);
    await advance(0);
    posts[1]?.ack();
    expect(await halt).toMatchObject({ result: 1 });
  });

  it('takes no page of somebody else for an ACK', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const halt = expect(client.command('HALT', { timeoutMs: 400 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      effect: 'unknown',
    });
    await advance(0);
    posts[0]?.answer({ type: 'ACK', command: 'HALT', requestId: 'another' });
    await advance(0);
    await advance(400);
    await halt;
  });

  it('that was refused by something in between, with no word of the gateway, was not sent', async () => {
    const { client, posts, advance } = await setUpDelivery({ isLive: false });
    const halt = expect(client.command('HALT', { timeoutMs: 400 })).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: 'nothing was sent: HTTP 403',
      effect: 'none',
    });
    await advance(0);
    posts[0]?.answer({}, 403);
    await advance(0);
    await advance(400);
    await halt;
  });

  it('that nothing was sent of can be cancelled, without effect; one that was sent may have one', async () => {
    for (const others of [undefined, 404]) {
      const { client, script, posts, advance } = await setUpDelivery({ isLive: false });
      script.others = others;
      const cancelling = new AbortController();
      const halt = expect(client.command('HALT', { signal: cancelling.signal })).rejects.toMatchObject({
        code: 'CANCELLED',
        effect: others === undefined ? 'none' : 'unknown',
      });
      await advance(0);
      cancelling.abort();
      await halt;
      script.others = 404;
      await advance(5000);
      expect(posts).toHaveLength(others === undefined ? 0 : 1);
    }
  });

  it('is not sent once it was cancelled, or the client closed', async () => {
    const { client, socket, posts, advance } = await setUpDelivery();
    await expect(client.command('HALT', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
      effect: 'none',
    });
    client.close();
    await expect(client.command('HALT')).rejects.toMatchObject({ code: 'CLOSED', effect: 'none' });
    await advance(5000);
    expect(socket.sentOf('HALT')).toEqual([]);
    expect(posts).toEqual([]);
  });

  it('goes its way whatever its listener throws', async () => {
    const { client, socket } = await setUpDelivery();
    const faults: unknown[] = [];
    client.on('error', ({ code }) => faults.push(code));
    const halt = client.command('HALT', {
      requestId: 'x',
      onProgress() {
        throw new Error('a fault of the application');
      },
    });
    socket.say({ type: 'ACK', command: 'HALT', requestId: 'x', result: 2 });
    expect(await halt).toMatchObject({ result: 2 });
    expect(faults).toEqual(['LISTENER']);
  });
});
