import { describe, expect, it } from 'vitest';
import { type Packet, refusalOf, type TestClient, valueAt } from '../../../support/client.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { waitFor } from '../../../support/wait.ts';

const priceOf = ({ data }: Packet) => valueAt(data, 'market', 'price');
const updates = ({ packets }: TestClient) => packets.filter(({ type }) => type !== 'WELCOME');
/** The middle of an interval of the wall clock: far from the moment at which news is let through. */
const midInterval = (intervalMs: number) =>
  waitFor('the middle of an interval', () => {
    const into = Date.now() % intervalMs;
    return into > intervalMs * 0.3 && into < intervalMs * 0.6;
  });

describe.concurrent('A client without options', () => {
  it('gets the same bytes as ever, whatever others ask for', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect();
    await connect('?mode=delta&encoding=msgpack&interval=50&sections=market');
    await connect('?symbol=QQQ');
    for (let price = 1; price <= 5; price += 1) {
      publish({ market: { price }, agents: { scout: null } });
      await client.next((packet) => priceOf(packet) === price);
    }
    const [welcome, ...others] = client.packets;
    expect(Object.keys(welcome?.body ?? {})).toEqual(['type', 'seq', 'epoch', 'granted', 'data']);
    expect(welcome?.body.granted).toEqual({
      mode: 'full',
      encoding: 'json',
      interval: 0,
      role: 'viewer',
      commands: false,
    });
    expect(others.length).toBeGreaterThanOrEqual(5);
    for (const packet of client.packets) {
      if (packet !== welcome) expect(Object.keys(packet.body)).toEqual(['type', 'seq', 'data']);
      expect(packet.isBinary).toBe(false);
      // Nothing but what JSON.stringify writes.
      expect(packet.text).toBe(JSON.stringify(packet.body));
    }
  });

  it('gets the same on /ws/stream', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const [one, other] = [await connect(), await connect('ws/stream')];
    publish({ market: { price: 3 } });
    const packets = await Promise.all([one, other].map((client) => client.next((p) => priceOf(p) === 3)));
    expect(packets[1]?.text).toBe(packets[0]?.text);
  });
});

describe.concurrent('A client of some sections', () => {
  it('gets nothing when only other sections moved, by query, by SUBSCRIBE and as a stream', async (test) => {
    const { connect, publish, openStream } = await setUpViews(test);
    const [byQuery, bySubscribe] = [await connect('?sections=market'), await connect()];
    const stream = await openStream('?sections=market');
    await bySubscribe.nextOf('WELCOME');
    bySubscribe.send({ type: 'SUBSCRIBE', sections: ['market'] });
    await bySubscribe.nextOf('TELEMETRY');
    for (const client of [byQuery, bySubscribe]) client.skipReceived();
    const other = await connect();
    for (let score = 2; score <= 20; score += 1) {
      publish({ timestamp: `2026-01-01T12:00:${score + 10}.000Z`, agents: { scout: { score } } });
      await other.next(({ data }) => valueAt(data, 'agents', 'scout', 'score') === score);
    }
    publish({ market: { price: 2 } });
    for (const client of [byQuery, bySubscribe]) {
      // The very first thing that comes is the change of price.
      const packet = await client.next();
      expect(packet.data).toMatchObject({ timestamp: '2026-01-01T12:00:30.000Z', market: { price: 2 } });
      expect(Object.keys(packet.data).sort()).toEqual(['market', 'sources', 'status', 'timestamp']);
    }
    await stream.next((packet) => priceOf(packet) === 2);
    expect(stream.packets.map(({ type }) => type)).toEqual(['WELCOME', 'TELEMETRY']);
  });

  it('sees a change of status and of freshness', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect('?sections=logs&mode=delta');
    await client.nextOf('WELCOME');
    publish({ status: 'HALT' });
    const packet = await client.next();
    expect(JSON.stringify(packet.body)).toContain('"status":"HALT"');
  });
});

describe.concurrent('A client with an interval', () => {
  it('never gets two packets closer together, and at last the newest', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect('?interval=250');
    const steady = await connect();
    const until = Date.now() + 2200;
    let price = 1000;
    await waitFor('two seconds of events', () => {
      price += 1;
      publish({ market: { price } });
      return Date.now() > until;
    });
    await client.next((packet) => priceOf(packet) === price);
    const times = client.packets.map(({ at }) => at);
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(times.length - 1).toBeLessThanOrEqual(span / 250 + 1);
    expect(times.length).toBeGreaterThan(4);
    expect(updates(steady).length).toBeGreaterThan(5 * times.length);
  });

  it('shares its moments and its packets with all others of that interval', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const clients: TestClient[] = [];
    // They come at odd moments; the moments of the clock are the same for all.
    for (let count = 0; count < 4; count += 1) {
      clients.push(await connect('?interval=100'));
      publish({ market: { price: count } });
      await clients.at(-1)?.nextOf('WELCOME');
      await midInterval(37 + 20 * count);
    }
    const joined = clients.at(-1)?.latest.seq ?? 0;
    const steady = await connect();
    for (let price = 100; price < 200; price += 1) {
      publish({ market: { price } });
      await steady.next((packet) => priceOf(packet) === price);
    }
    const seqsOf = (client: TestClient) =>
      updates(client).flatMap(({ seq }) => (seq > joined + 3 ? [seq] : []));
    for (const client of clients) await client.next((packet) => priceOf(packet) === 199);
    const [first = [], ...others] = clients.map(seqsOf);
    expect(first.length).toBeGreaterThan(2);
    for (const seqs of others) expect(seqs.slice(-3)).toEqual(first.slice(-3));
  });

  it.for(['full', 'delta'])(
    'gets the last change though it came just after its WELCOME (mode=%s)',
    async (mode, test) => {
      const { connect, publish } = await setUpViews(test);
      const intervalMs = 1000;
      await midInterval(intervalMs);
      const client = await connect(`?interval=${intervalMs}&mode=${mode}`);
      await client.nextOf('WELCOME');
      publish({ market: { price: 77 } });
      await client.next(({ text }) => text.includes('"price":77'), 4000);
    },
  );

  it('is told at once that the engine is halted, and so is who wants nothing else', async (test) => {
    const { connect, openStream, publish } = await setUpViews(test);
    const sockets = await Promise.all(
      ['?interval=60000&sections=logs', '?interval=pause&mode=delta&encoding=msgpack'].map((query) =>
        connect(query),
      ),
    );
    const stream = await openStream('?interval=pause');
    const granted = (await stream.next()).packet.body.granted;
    expect(granted).toMatchObject({ interval: 'pause' });
    for (const socket of sockets) await socket.nextOf('WELCOME');
    publish({ market: { price: 1 }, logs: ['a line'] });
    publish({ status: 'HALT' });
    const news = await Promise.all([...sockets.map((socket) => socket.next()), stream.next()]);
    for (const packet of news) {
      expect(JSON.stringify('packet' in packet ? packet.packet.body : packet.body)).toContain(
        '"status":"HALT"',
      );
    }
    sockets[1]?.send({ type: 'SUBSCRIBE', interval: 50 });
    expect((await sockets[1]?.nextOf('ACK'))?.body.granted).toMatchObject({ interval: 50 });
    expect((await sockets[1]?.nextOf('TELEMETRY'))?.data).toMatchObject({ market: { price: 1 } });
  });

  it('gets the last change though it came just after its RESYNC', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect('?interval=1000');
    await client.nextOf('WELCOME');
    await midInterval(1000);
    client.send({ type: 'RESYNC' });
    await client.nextOf('TELEMETRY');
    publish({ market: { price: 78 } });
    await client.next((packet) => priceOf(packet) === 78, 4000);
  });
});

const marketOf = ({ data }: Packet) => [valueAt(data, 'market', 'symbol'), valueAt(data, 'market', 'price')];
const isOf = (symbol: string, price: number) => (packet: Packet) =>
  marketOf(packet)[0] === symbol && marketOf(packet)[1] === price;

describe.concurrent('A view', () => {
  it('beyond MAX_SYMBOLS is refused with LIMIT, and the client keeps what it has', async (test) => {
    const { connect, gateway } = await setUpViews(test, { settings: { MAX_SYMBOLS: '1' } });
    const holder = await connect('?symbol=QQQ');
    await holder.next(isOf('QQQ', 400));
    const refusal = await refusalOf(`${gateway.wsUrl}/?symbol=SPY`);
    expect([refusal.status, JSON.parse(refusal.body)]).toEqual([
      503,
      expect.objectContaining({ code: 'LIMIT' }),
    ]);
    const other = await connect();
    await other.nextOf('WELCOME');
    other.send({ type: 'SUBSCRIBE', symbol: 'SPY', requestId: 'x' });
    expect((await other.nextOf('ERROR')).body).toMatchObject({
      code: 'LIMIT',
      requestId: 'x',
      command: 'SUBSCRIBE',
    });
    other.send({ type: 'SUBSCRIBE', symbol: 'QQQ' });
    expect((await other.nextOf('ACK')).body.granted).toMatchObject({ symbol: 'QQQ' });
    expect((await fetch(`${gateway.url}/api/telemetry?symbol=SPY`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/api/telemetry?symbol=QQQ`)).status).toBe(200);
  });

  it('beyond MAX_RENDITIONS is refused with LIMIT until a view is given up', async (test) => {
    const { connect, gateway, engine } = await setUpViews(test, { settings: { MAX_RENDITIONS: '2' } });
    const inUse = async () => (await gateway.metrics()).value('bff_renditions');
    const atRest = await inUse();
    const holder = await connect('?interval=50');
    await holder.nextOf('WELCOME');
    const refusal = await refusalOf(`${gateway.wsUrl}/?symbol=QQQ`);
    expect([refusal.status, JSON.parse(refusal.body)]).toEqual([
      503,
      expect.objectContaining({ code: 'LIMIT' }),
    ]);
    const stream = await fetch(`${gateway.url}/api/stream/telemetry?interval=100`);
    expect(stream.status).toBe(503);
    const other = await connect();
    await other.nextOf('WELCOME');
    other.send({ type: 'SUBSCRIBE', mode: 'delta' });
    expect((await other.nextOf('ERROR')).body).toMatchObject({ code: 'LIMIT' });
    holder.socket.close();
    await holder.closed;
    await waitFor('a free view', async () => (await inUse()) === atRest);
    other.send({ type: 'SUBSCRIBE', mode: 'delta' });
    await other.nextOf('ACK');
    // The symbol of the view that was refused is not polled.
    expect(engine.requests('QQQ')).toBeLessThanOrEqual(1);
  });
});
