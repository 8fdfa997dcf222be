import { describe, expect, it } from 'vitest';
import { connectClient, type Packet, type TestClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { createMirror } from '../../../support/mirror.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { useIn, waitFor } from '../../../support/wait.ts';

type Scene = Awaited<ReturnType<typeof setUpViews>>;

/** What a client held when it left. */
async function visit(scene: Scene, query: string, price: number) {
  const client = await scene.connect(query);
  await client.nextOf('WELCOME');
  const symbol = query.includes('QQQ') ? 'QQQ' : 'SPY';
  await waitFor('the state', () => client.packets.some(({ text }) => text.includes('"ACTIVE"')));
  scene.publish({ market: { symbol, price } });
  await client.next(({ text }) => text.includes(`"price":${price}`));
  const mirror = createMirror();
  for (const packet of client.packets) mirror.take(packet);
  client.socket.close();
  await client.closed;
  const [epoch = '', seq = ''] = mirror.since.split('-');
  return { document: mirror.document, since: mirror.since, epoch, seq: Number(seq) };
}

function expectWhole(welcome: Packet): void {
  expect(welcome.type).toBe('WELCOME');
  expect(welcome.body).not.toHaveProperty('patch');
  expect(welcome.data).toHaveProperty('status');
}

type Visit = Awaited<ReturnType<typeof visit>>;

/** The document that a client which held `held` has after its WELCOME. */
function resumed(client: TestClient, held: Visit) {
  const mirror = createMirror(held.document, held.seq);
  for (const packet of client.packets) mirror.take(packet);
  expect(mirror.faults).toEqual([]);
  return mirror.document;
}

describe.concurrent('A client that comes back with since', () => {
  it.for([
    '?mode=delta',
    '?mode=delta&encoding=msgpack',
    '?mode=delta&sections=market,logs',
    '?mode=delta&symbol=QQQ',
    '?mode=delta&symbol=QQQ&sections=market&interval=50',
  ])('is told only what changed: %s', async (query, test) => {
    const scene = await setUpViews(test);
    // Somebody stays, so that the symbol is not polled anew when the client comes back.
    const staying = await scene.connect(query.replace('mode=delta', 'mode=full'));
    await staying.next(({ text }) => text.includes('"ACTIVE"'));
    const held = await visit(scene, query, 11);
    scene.publish({ market: { symbol: query.includes('QQQ') ? 'QQQ' : 'SPY', price: 12 }, logs: ['a line'] });
    scene.publish({ agents: { scout: { score: 9 } }, own: { key: [1] } });
    const client = await scene.connect(`${query}&since=${held.since}`);
    const { body } = await client.nextOf('WELCOME');
    expect(body).not.toHaveProperty('data');
    expect(body).toMatchObject({ base: held.seq, epoch: held.epoch, granted: { mode: 'delta' } });
    const rest = query.replace('?mode=delta', '?').replace(/&(encoding|interval)=\w+/g, '');
    const document = resumed(client, held);
    expect(document).toEqual(await scene.snapshot(rest));
    expect(valueAt(document, 'market', 'price')).toBe(12);

    scene.publish({ market: { symbol: query.includes('QQQ') ? 'QQQ' : 'SPY', price: 13 } });
    await client.next(({ body: { patch } }) => JSON.stringify(patch ?? '').includes('"price":13'));
    expect(valueAt(resumed(client, held), 'market', 'price')).toBe(13);
  });

  it('gets an empty patch where nothing changed', async (test) => {
    const scene = await setUpViews(test);
    const held = await visit(scene, '?mode=delta', 11);
    const client = await scene.connect(`?mode=delta&since=${held.since}`);
    const { body } = await client.nextOf('WELCOME');
    expect(body).toMatchObject({ seq: held.seq, base: held.seq, patch: {} });
  });

  it('gets the whole document where the position is not one of this view', async (test) => {
    const scene = await setUpViews(test);
    const held = await visit(scene, '?mode=delta', 11);
    const narrow = await visit(scene, '?mode=delta&sections=market', 12);
    const qqq = await visit(scene, '?mode=delta&symbol=QQQ', 13);
    const cases: readonly [string, string][] = [
      ['?mode=delta', `${held.seq}`],
      ['?mode=delta', `-${held.seq}`],
      ['?mode=delta', `0123456789abcdef-${held.seq}`],
      ['?mode=delta', `${held.epoch}-0`],
      ['?mode=delta', `${held.epoch}-${held.seq + 1000}`],
      ['?mode=delta', `${held.epoch}-999999999999999`],
      ['?mode=delta', `${held.epoch}-1e1`],
      ['?mode=delta', `${held.epoch}-`],
      ['?mode=delta', ''],
      ['?mode=delta', narrow.since],
      ['?mode=delta', qqq.since],
      ['?mode=delta&sections=market', held.since],
      ['?mode=delta&sections=market,logs', narrow.since],
      ['?mode=delta&sections=logs', narrow.since],
      ['?mode=delta&symbol=QQQ', held.since],
      ['?mode=delta&symbol=SPY', held.since],
      ['?mode=delta&symbol=QQQ&sections=market', qqq.since],
      ['?mode=full', held.since],
      ['?', held.since],
    ];
    for (const [query, since] of cases) {
      const client = await scene.connect(`${query}&since=${since}`);
      expectWhole(await client.nextOf('WELCOME'));
      expect(client.packets[0]?.type, `${query} ${since}`).toBe('WELCOME');
    }
  });

  it('gets the whole document from a gateway that was started anew, at the same seq', async (test) => {
    const scene = await setUpViews(test);
    const held = await visit(scene, '?mode=delta', 11);
    const settings = { ENGINE_URL: scene.engine.url };
    const again = await useIn(test, startGateway({ engine: false, settings }));
    const ready = await useIn(test, connectClient(again.wsUrl));
    await ready.next(({ seq }) => seq >= 2);
    for (const seq of [1, 2, held.seq]) {
      const url = `${again.wsUrl}/?mode=delta&since=${held.epoch}-${seq}`;
      expectWhole(await (await useIn(test, connectClient(url))).nextOf('WELCOME'));
    }
  });

  it('finds a symbol’s history while it lingers, and a new epoch after it was given up', async (test) => {
    const scene = await setUpViews(test, { settings: { MAX_SYMBOLS: '1' } });
    const held = await visit(scene, '?mode=delta&symbol=QQQ', 11);
    const back = await scene.connect(`?mode=delta&symbol=QQQ&since=${held.since}`);
    expect((await back.nextOf('WELCOME')).body).toMatchObject({ epoch: held.epoch, base: held.seq });
    back.socket.close();
    await back.closed;
    // There is room for one symbol: this one's document is closed for the next one's.
    await visit(scene, '?mode=delta&symbol=SPY', 12);
    for (const seq of [1, 2, 3, held.seq]) {
      const client = await scene.connect(`?mode=delta&symbol=QQQ&since=${held.epoch}-${seq}`);
      const welcome = await client.nextOf('WELCOME');
      expectWhole(welcome);
      expect(welcome.body.epoch).not.toBe(held.epoch);
    }
  });
});

describe.concurrent('A client that comes back with since', () => {
  it('gets the whole document where the history no longer has its version', async (test) => {
    const scene = await setUpViews(test, { settings: { HISTORY_SECONDS: '0' } });
    const held = await visit(scene, '?mode=delta', 11);
    scene.publish({ market: { price: 12 } });
    const client = await scene.connect(`?mode=delta&since=${held.since}`);
    expectWhole(await client.nextOf('WELCOME'));
  });

  it('gets the whole document where a null stands in the way of a patch', async (test) => {
    const scene = await setUpViews(test);
    const held = await visit(scene, '?mode=delta', 11);
    scene.publish({ market: { alpha: null } });
    const client = await scene.connect(`?mode=delta&since=${held.since}`);
    const welcome = await client.nextOf('WELCOME');
    expectWhole(welcome);
    expect(valueAt(welcome.data, 'market', 'alpha')).toBe(null);
  });

  it('resumes a stream by Last-Event-ID, which wins over the URL', async (test) => {
    const scene = await setUpViews(test);
    const first = await scene.openStream('?mode=delta');
    scene.publish({ market: { price: 21 } });
    const { id, packet } = await first.next(({ text }) => text.includes('"price":21'));
    const [epoch, seq] = id.split('-');
    expect([epoch, Number(seq)]).toEqual([first.packets[0]?.body.epoch, packet.seq]);
    await first.stop();
    scene.publish({ market: { price: 22 } });
    const url = `?mode=delta&since=${epoch}-1`;
    const again = await scene.openStream(url, { 'last-event-id': id });
    const welcome = await again.next();
    expect(welcome.packet.body).toMatchObject({ base: packet.seq, patch: { market: { price: 22 } } });
    const strange = await scene.openStream('?mode=delta', { 'last-event-id': 'from another server' });
    expectWhole((await strange.next()).packet);
  });
});
