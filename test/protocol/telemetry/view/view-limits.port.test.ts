import { describe, expect, it } from 'vitest';
import { type Packet, refusalOf, valueAt } from '../../../support/client.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { waitFor } from '../../../support/wait.ts';

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
