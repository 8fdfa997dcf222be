import { describe, expect, it } from 'vitest';
import { type Packet, type TestClient, valueAt } from '../../../support/client.ts';
import { createMirror } from '../../../support/mirror.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { waitFor } from '../../../support/wait.ts';

const alone = [
  ['mode=delta', { mode: 'delta' }],
  ['encoding=msgpack', { encoding: 'msgpack' }],
  ['interval=40', { interval: 50 }],
  ['sections=market,logs', { sections: ['logs', 'market'] }],
  ['symbol=QQQ', { symbol: 'QQQ' }],
] as const;
const all = 'mode=delta&encoding=msgpack&interval=51&sections=portfolio,market,market&symbol=QQQ';
const allGranted = {
  mode: 'delta',
  encoding: 'msgpack',
  interval: 100,
  sections: ['market', 'portfolio'],
  symbol: 'QQQ',
  role: 'viewer',
  commands: false,
};
const defaults = { mode: 'full', encoding: 'json', interval: 0, role: 'viewer', commands: false };
const messageOf = (query: string) => {
  const { interval, ...rest } = Object.fromEntries(new URLSearchParams(query));
  return { type: 'SUBSCRIBE', ...rest, ...(interval === undefined ? {} : { interval: Number(interval) }) };
};
const price = (packet: Packet) =>
  valueAt(packet.data, 'market', 'price') ?? valueAt(packet.body, 'patch', 'market', 'price');

/** The client follows the document that a REST client sees, in the shape it asked for. */
async function provesToFollow(
  client: TestClient,
  query: string,
  scene: Awaited<ReturnType<typeof setUpViews>>,
) {
  const symbol = query.includes('symbol=') ? 'QQQ' : 'SPY';
  const rest = new URLSearchParams(query);
  const expected = `?${new URLSearchParams([...rest].filter(([name]) => /^(symbol|sections)$/.test(name)))}`;
  // Before its first answer the engine might have the last word here.
  await waitFor('the first answer', async () => (await scene.snapshot(expected)).status !== 'INITIALIZING');
  scene.publish({ market: { symbol, price: 7 } });
  await client.next((packet) => price(packet) === 7);
  scene.publish({ market: { symbol, price: 8 } });
  const last = await client.next((packet) => price(packet) === 8);
  expect(last.type).toBe(query.includes('delta') ? 'DELTA' : 'TELEMETRY');
  expect(last.isBinary).toBe(query.includes('msgpack'));
  const mirror = createMirror();
  for (const packet of client.packets) mirror.take(packet);
  expect(mirror.faults).toEqual([]);
  expect(mirror.document).toEqual(await scene.snapshot(expected));
}

describe.concurrent('An option', () => {
  it.for(alone)('%s is granted and kept to, asked for alone by query', async ([query, granted], test) => {
    const scene = await setUpViews(test);
    const client = await scene.connect(`?${query}`);
    const welcome = await client.nextOf('WELCOME');
    expect(welcome.body.granted).toEqual({ ...defaults, ...granted });
    expect(client.packets[0]).toBe(welcome);
    await provesToFollow(client, query, scene);
  });

  it.for(alone)('%s is granted and kept to, asked for alone by SUBSCRIBE', async ([query, granted], test) => {
    const scene = await setUpViews(test);
    const client = await scene.connect();
    await client.nextOf('WELCOME');
    client.send({ ...messageOf(query), requestId: 'r1' });
    const ack = await client.next();
    expect(ack.body).toEqual({
      type: 'ACK',
      command: 'SUBSCRIBE',
      requestId: 'r1',
      granted: { ...defaults, ...granted },
    });
    expect((await client.next()).type).toBe('TELEMETRY');
    await provesToFollow(client, query, scene);
  });

  it('combines with all others, by query and by SUBSCRIBE, into one rendition', async (test) => {
    const scene = await setUpViews(test);
    const atRest = await scene.renditions();
    const [byQuery, bySubscribe] = [await scene.connect(`?${all}`), await scene.connect()];
    expect((await byQuery.nextOf('WELCOME')).body.granted).toEqual(allGranted);
    await bySubscribe.nextOf('WELCOME');
    bySubscribe.send(messageOf(all));
    expect((await bySubscribe.nextOf('ACK')).body).toEqual({
      type: 'ACK',
      command: 'SUBSCRIBE',
      granted: allGranted,
    });
    const other = await scene.connect(`?${all.replace('portfolio,market,market', 'market,portfolio')}`);
    expect((await other.nextOf('WELCOME')).body.granted).toEqual(allGranted);
    expect(await scene.renditions()).toBe(atRest + 1);
    await provesToFollow(byQuery, all, scene);
    for (const client of [byQuery, bySubscribe, other]) await client.stop();
    await waitFor('no view of theirs', async () => (await scene.renditions()) === atRest);
  });

  it('not named in a SUBSCRIBE keeps its value, and null gives sections and symbol up', async (test) => {
    const scene = await setUpViews(test);
    const client = await scene.connect('?sections=market&symbol=QQQ');
    await client.nextOf('WELCOME');
    client.send({ type: 'SUBSCRIBE', mode: 'delta' });
    const kept = { ...defaults, mode: 'delta', sections: ['market'], symbol: 'QQQ' };
    expect((await client.nextOf('ACK')).body.granted).toEqual(kept);
    client.send({ type: 'SUBSCRIBE', sections: null, symbol: null });
    expect((await client.nextOf('ACK')).body.granted).toEqual({ ...defaults, mode: 'delta' });
    const packet = await client.nextOf('TELEMETRY');
    expect(packet.data).toEqual(await scene.snapshot());
    expect(packet.body.epoch).toEqual(expect.any(String));
  });
});
