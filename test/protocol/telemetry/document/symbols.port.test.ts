import { describe, expect, it } from 'vitest';
import { type Packet, valueAt } from '../../../support/client.ts';
import { stateOf } from '../../../support/symbol-engine.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { waitFor } from '../../../support/wait.ts';

const everySecond = { settings: { POLL_CRON: '* * * * * *' } };
const marketOf = ({ data }: Packet) => [valueAt(data, 'market', 'symbol'), valueAt(data, 'market', 'price')];
const isOf = (symbol: string, price: number) => (packet: Packet) =>
  marketOf(packet)[0] === symbol && marketOf(packet)[1] === price;

describe.concurrent('The document of a symbol', () => {
  it('is polled once a tick for all its viewers, and not at all without any', async (test) => {
    const { engine, connect, openStream } = await setUpViews(test, everySecond);
    const queries = ['?symbol=QQQ', '?symbol=QQQ&mode=delta', '?symbol=QQQ&sections=market', '?symbol=QQQ'];
    const clients = await Promise.all(queries.map((query) => connect(query)));
    const stream = await openStream('?symbol=QQQ');
    await clients[0]?.next(isOf('QQQ', 400));
    const before = [engine.requests('QQQ'), engine.requests('')] as const;
    const ofDefault = () => engine.requests('') - before[1];
    await waitFor('three ticks', () => ofDefault() >= 3);
    expect(engine.requests('QQQ') - before[0]).toBeLessThanOrEqual(ofDefault() + 1);
    expect(engine.requests('QQQ') - before[0]).toBeGreaterThanOrEqual(2);

    for (const client of clients) client.socket.close();
    await stream.stop();
    await Promise.all([...clients.map(({ closed }) => closed), stream.closed]);
    // One may have been under way.
    await waitFor('a tick', () => ofDefault() >= 4);
    const left = engine.requests('QQQ');
    await waitFor('two more ticks', () => ofDefault() >= 6);
    expect(engine.requests('QQQ')).toBe(left);
    engine.set('QQQ', stateOf('QQQ', 401));
    const again = await connect('?symbol=QQQ');
    await again.next(isOf('QQQ', 401));
  });

  it('shares agents and models with the others, its state with nobody', async (test) => {
    const { connect, engine } = await setUpViews(test, everySecond);
    const client = await connect('?symbol=QQQ');
    const packet = await client.next(isOf('QQQ', 400));
    expect(packet.data).toMatchObject({
      agents: { scout: { score: 1 } },
      sources: { state: { status: 'fresh' } },
    });
    engine.setAgents({ scout: { score: 2 }, fresh: {} });
    const next = await client.next(({ data }) => valueAt(data, 'agents', 'scout', 'score') === 2);
    expect(next.data.agents).toEqual({ scout: { score: 2 }, fresh: {} });
    expect(marketOf(next)).toEqual(['QQQ', 400]);
  });

  it('gets the events about it, and no other document does', async (test) => {
    const { connect, publish, gateway, snapshot } = await setUpViews(test);
    const [engines, qqq, spy] = [await connect(), await connect('?symbol=QQQ'), await connect('?symbol=SPY')];
    await qqq.next(isOf('QQQ', 400));
    await spy.next(isOf('SPY', 500));
    publish({ market: { symbol: 'QQQ', price: 41 }, own: 'of QQQ' });
    await qqq.next(isOf('QQQ', 41));
    publish({ market: { symbol: 'SPY', price: 51 } });
    await spy.next(isOf('SPY', 51));
    await engines.next(isOf('SPY', 51));
    publish({ market: { price: 52 } });
    await engines.next(isOf('SPY', 52));
    publish({ market: { symbol: 'IWM', price: 1 } });
    const ignored = { edge: 'event', reason: 'other_symbol' };
    await waitFor(
      'the count',
      async () => (await gateway.metrics()).value('bff_rejected_total', ignored) === 1,
    );
    expect(marketOf(qqq.latest)).toEqual(['QQQ', 41]);
    expect(marketOf(spy.latest)).toEqual(['SPY', 51]);
    expect(await snapshot('?symbol=SPY')).not.toHaveProperty('own');
    expect(await snapshot()).not.toHaveProperty('own');
    expect(await snapshot('?symbol=QQQ')).toMatchObject({ own: 'of QQQ', market: { price: 41 } });
  });

  it('that the engine does not know is answered with ERROR, then the default document', async (test) => {
    const { connect, snapshot, engine } = await setUpViews(test, everySecond);
    const byQuery = await connect('?symbol=NONE&mode=delta');
    const bySubscribe = await connect();
    const welcome = await bySubscribe.nextOf('WELCOME');
    bySubscribe.send({ type: 'SUBSCRIBE', symbol: 'NONE', mode: 'delta' });
    expect((await bySubscribe.nextOf('ACK')).body.granted).toMatchObject({ symbol: 'NONE' });
    for (const client of [byQuery, bySubscribe]) {
      const error = await client.nextOf('ERROR');
      expect(error.body).toMatchObject({ code: 'UNKNOWN_SYMBOL', message: expect.stringContaining('NONE') });
      const packet = await client.next();
      expect(packet).toMatchObject({ type: 'TELEMETRY', body: { epoch: welcome.body.epoch } });
      expect(marketOf(packet)).toEqual(['SPY', 500]);
    }
    // From then on they are ordinary clients of the default document.
    engine.set('', stateOf('SPY', 501));
    for (const client of [byQuery, bySubscribe]) {
      await client.next(({ body }) => valueAt(body, 'patch', 'market', 'price') === 501);
    }
    const asked = engine.requests('NONE');
    expect(asked).toBeLessThanOrEqual(3);
    expect(await snapshot('?symbol=NONE')).toMatchObject({ status: 404, code: 'UNKNOWN_SYMBOL' });
  });

  it('is there for a REST client that asks but once', async (test) => {
    const { snapshot, gateway } = await setUpViews(test);
    expect(await snapshot('?symbol=QQQ')).toMatchObject({
      status: 'ACTIVE',
      market: { symbol: 'QQQ', price: 400 },
    });
    const history = await fetch(`${gateway.url}/api/telemetry/history?symbol=SPY&step=0`);
    const points: unknown = await history.json();
    expect(points).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ status: 'ACTIVE' }) }),
    );
  });

  it('that the engine forgets later is left in the same way', async (test) => {
    const { connect, engine } = await setUpViews(test, everySecond);
    const client = await connect('?symbol=QQQ');
    await client.next(isOf('QQQ', 400));
    engine.set('QQQ', undefined);
    await client.nextOf('ERROR');
    await client.next(isOf('SPY', 500));
  });
});
