import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { refusalOf, valueAt } from '../../support/client.ts';
import { streamRefusalOf } from '../../support/event-stream-client.ts';
import { createMirror } from '../../support/mirror.ts';
import { setUpViews } from '../../support/view-set-up.ts';
import { waitFor, within } from '../../support/wait.ts';

describe.concurrent('Server-Sent Events', () => {
  it('carry the same packets as a WebSocket, each with its position as id', async (test) => {
    const { openStream, connect, publish, snapshot } = await setUpViews(test);
    const query = '?mode=delta&sections=market,logs&interval=0';
    const [stream, client] = [await openStream(query), await connect(query)];
    await client.nextOf('WELCOME');
    const { packet: welcome } = await stream.next();
    expect(welcome.text).toBe(client.latest.text);
    publish({ market: { price: 1 } });
    await stream.next(({ text }) => text.includes('"price":1'));
    publish({ logs: ['a line\nwith an end of line, \r and \u2028'] });
    await stream.next(({ text }) => text.includes('a line'));
    await client.next(({ text }) => text.includes('a line'));
    expect(stream.packets.map(({ text }) => text)).toEqual(client.packets.map(({ text }) => text));
    const epoch = String(welcome.body.epoch);
    for (const { id, packet } of stream.events) expect(id).toBe(`${epoch}-${packet.seq}`);
    const mirror = createMirror();
    for (const packet of stream.packets) mirror.take(packet);
    expect(mirror.document).toEqual(await snapshot('?sections=market,logs'));
    expect(stream.otherLines.every((line) => line === '' || /^(:|retry: \d+$)/.test(line))).toBe(true);
  });

  it('say what they are: not to be stored or gathered, and readable for the page that asked', async (test) => {
    const { openStream, gateway } = await setUpViews(test);
    const { headers } = await openStream('', { origin: 'https://dash.example.com' });
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': expect.stringContaining('no-cache'),
      'access-control-allow-origin': 'https://dash.example.com',
    });
    const refused = await streamRefusalOf(`${gateway.url}/api/stream/telemetry?encoding=msgpack`);
    expect([refused.status, refused.message]).toEqual([400, expect.stringContaining('encoding')]);
  });

  it('show the document of a symbol, and leave one that the engine does not know', async (test) => {
    const { openStream } = await setUpViews(test);
    const stream = await openStream('?symbol=QQQ');
    await stream.next(({ data }) => valueAt(data, 'market', 'price') === 400);
    const unknown = await openStream('?symbol=NONE');
    const { packet } = await unknown.next(({ type }) => type === 'ERROR');
    expect(packet.body.code).toBe('UNKNOWN_SYMBOL');
    await unknown.next(({ data }) => valueAt(data, 'market', 'symbol') === 'SPY');
  });

  it('count against MAX_CONNECTIONS, and give their place back', async (test) => {
    const { openStream, gateway } = await setUpViews(test, { settings: { MAX_CONNECTIONS: '1' } });
    const stream = await openStream();
    await stream.next();
    expect((await refusalOf(gateway.wsUrl)).status).toBe(503);
    const refused = await streamRefusalOf(`${gateway.url}/api/stream/telemetry`);
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([503, true]);
    expect((await fetch(`${gateway.url}/api/telemetry`)).status).toBe(200);
    await stream.stop();
    const again = await waitFor('the only place', () => openStream().catch(() => undefined));
    await again.next();
  });

  it('get a comment at each interval, so that proxies keep them', async (test) => {
    // The interval of the comments is fixed at 15 s; this is a stream that lives that long.
    const { openStream } = await setUpViews(test);
    const stream = await openStream('?mode=delta');
    await waitFor('a comment', () => stream.otherLines.some((line) => line.startsWith(':')));
    expect(stream.packets).toHaveLength(1);
  });

  it('are no queue: a reader that stops gets little that is old, then the newest', async (test) => {
    const { openStream, connect, publish } = await setUpViews(test);
    const [slow, steady] = [await openStream(), await connect()];
    await slow.next();
    slow.pause();
    const padding = 'x'.repeat(200_000);
    const total = 150;
    for (let number = 1; number <= total; number += 1) {
      publish({ number, padding });
      await steady.next(({ data }) => data.number === number);
    }
    slow.resume();
    await slow.next(({ data }) => data.number === total);
    // What the kernel's buffers held, and the newest: nothing else waited for it anywhere.
    expect(slow.packets.length).toBeLessThan(total / 2);
  });

  it('end for a reader that has not read for too long, and nothing of it stays', async (test) => {
    const { openStream, connect, publish, gateway } = await setUpViews(test, {
      keepalive: { ...keepaliveDefaults, slowAfterMs: 300 },
    });
    const [slow, steady] = [await openStream(), await connect()];
    await slow.next();
    slow.pause();
    const padding = 'x'.repeat(200_000);
    for (let number = 1; number <= 100; number += 1) {
      publish({ number, padding });
      await steady.next(({ data }) => data.number === number);
    }
    const clients = async () => (await gateway.metrics()).value('bff_clients');
    await waitFor('the end of its session', async () => (await clients()) === 1);
    expect(steady.socket.readyState).toBe(1);
  });

  it('tell readers at shutdown by ending', async (test) => {
    const { openStream, gateway } = await setUpViews(test);
    const streams = [await openStream(), await openStream('?mode=delta')];
    for (const stream of streams) await stream.next();
    await gateway.stop();
    for (const stream of streams) await within('the end', stream.closed);
  });

  it('are not opened by HEAD', async (test) => {
    const { gateway } = await setUpViews(test);
    const asking = request(`${gateway.url}/api/stream/telemetry`, { method: 'HEAD', agent: false }).end();
    test.onTestFinished(() => void asking.destroy());
    const ended = new Promise((resolve) => {
      asking.on('response', (response) => response.resume().on('end', resolve)).on('error', resolve);
    });
    await within('an answer that ends', ended);
    expect((await gateway.metrics()).value('bff_clients')).toBe(0);
    expect(gateway.log.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
